extension Policy {
    /// Whether the connections that a person names, each as `HOST:PORT`, may be lent or used.
    public func permitLending(_ destinations: [String]) throws(PolicyRefusal) {
        guard let tcp, let forbidden = destinations.first(where: { !tcp.contains($0) }) else { return }
        let allowed = tcp.isEmpty ? "none" : tcp.joined(separator: ", ")
        throw PolicyRefusal("The policy of this computer does not allow connections to \(forbidden) (tcp). Allowed: \(allowed).")
    }
}
