extension Agent: CustomStringConvertible, CustomReflectable {
    public var description: String {
        let state = failure.map { "failed: \($0)" } ?? selectedPair.map { "on \($0)" } ?? "checking"
        return "\(role.rawValue) agent \(localCredentials.usernameFragment), \(state)"
    }

    /// Kept short: a dump of every queue and table helps nobody.
    public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
