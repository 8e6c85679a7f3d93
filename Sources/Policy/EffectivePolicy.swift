internal import NetPrimitives

/// The policy in force: the administrator's, which the person's own configuration can make narrower and never wider.
public struct EffectivePolicy: Hashable, Sendable {
    public let policy: Policy
    public let settings: [PolicyLine]

    /// - Parameters:
    ///   - administrator: what the machine's file says.
    ///   - file: its name.
    ///   - person: what the person's configuration says.
    ///   - configuration: its name.
    public init(
        administrator: PolicyText = PolicyText(), file: String = "", person: PolicyText = PolicyText(), configuration: String = ""
    ) {
        var policy = administrator.policy
        policy.administratorRelays = administrator.policy.relays
        var settings: [PolicyLine] = []
        for setting in PolicySetting.all {
            var origin = administrator.lines[setting.key].map { PolicyLine.Origin.administrator(file: file, line: $0) } ?? .builtIn
            var notes: [String] = []
            if let line = person.lines[setting.key] {
                let place = PolicyLine.place(configuration, line)
                if setting.narrow(&policy, person.policy) {
                    origin = .person(file: configuration, line: line)
                } else if setting.show(policy).text != setting.show(person.policy).text {
                    notes.append("\(place) says \(setting.show(person.policy).text); what the administrator says goes before.")
                }
            }
            settings.append(PolicyLine(setting, of: policy, from: origin, notes: notes))
        }
        self.policy = policy
        self.settings = settings
    }
}
