internal import NetPrimitives
internal import Rendezvous
internal import TOMLKit

/// One key of a policy: where its value is kept, what it may be, and which policy of Windows it stands for.
struct PolicySetting: Sendable {
    let key: String
    /// As Microsoft's RemoteAssistance.admx names it, with the part of it that is meant.
    let windows: String
    /// What it is when nobody has set it, where that is no value; else empty.
    let open: String

    let read: @Sendable (any TOMLValueConvertible, inout Policy) throws(PolicyMistake) -> Void
    let show: @Sendable (Policy) -> OrderedJSON
    /// Takes the person's value into account; false when it changes nothing.
    let narrow: @Sendable (_ policy: inout Policy, _ person: Policy) -> Bool

    private init<Value>(
        _ key: String, _ property: any WritableKeyPath<Policy, Value> & Sendable, _ kind: PolicyKind<Value>, windows: String,
        open: String = ""
    ) {
        self.key = key
        self.windows = windows
        self.open = open
        read = { value, policy throws(PolicyMistake) in policy[keyPath: property] = try kind.read(value) }
        show = { kind.show($0[keyPath: property]) }
        narrow = { policy, person in
            let before = policy[keyPath: property]
            policy[keyPath: property] = kind.narrow(before, person[keyPath: property])
            return policy[keyPath: property] != before
        }
    }

    /// One that may be left open.
    private init<Value>(
        _ key: String, _ property: any WritableKeyPath<Policy, Value?> & Sendable, _ kind: PolicyKind<Value>, windows: String,
        open: String
    ) {
        self.init(key, property, kind.optional, windows: windows, open: open)
    }

    static func named(_ key: String) -> PolicySetting? { all.first { $0.key == key } }

    private static let solicited = "Configure Solicited Remote Assistance"
    private static let offered = "Configure Offer Remote Assistance"
    private static let warnings = "Customize warning messages"

    /// Every key, in the order in which they are shown. “Allow only Windows Vista or later connections” needs none: there
    /// is no weaker encryption here. Nor does “Turn on bandwidth optimization”: the picture follows the line by itself.
    static let all: [PolicySetting] = [
        PolicySetting("may-ask", \.mayAsk, .flag, windows: solicited),
        PolicySetting(
            "longest-invitation", \.longestInvitation, .time, windows: "\(solicited): Maximum ticket time",
            open: "what the relay allows"),
        PolicySetting(
            "ceiling", \.ceiling, .ceiling,
            windows: "\(solicited): Allow helpers to only view the computer / to remotely control the computer"),
        PolicySetting("relays", \.relays, .relays, windows: "none", open: "any relay"),
        PolicySetting("warning-before-view", \.warningBeforeView, .warning,
            windows: "\(warnings): Display warning message before connecting", open: "our own sentence"),
        PolicySetting("warning-before-control", \.warningBeforeControl, .warning,
            windows: "\(warnings): Display warning message before sharing control", open: "no sentence"),
        PolicySetting(
            "session-logging", \.logsSessions, .firm, windows: "Turn on session logging", open: "yes, unless the person says no"),
        PolicySetting("may-be-offered", \.mayBeOffered, .flag, windows: offered),
        PolicySetting("helpers", \.helpers, .helpers, windows: "\(offered): Helpers", open: "every contact"),
        PolicySetting("files", \.files, .directions, windows: "none"),
        PolicySetting("clipboard", \.clipboard, .directions, windows: "none"),
        PolicySetting("tcp", \.tcp, .destinations, windows: "none", open: "what the person names"),
    ]
}
