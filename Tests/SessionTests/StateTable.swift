import Session

/// Every state a machine can be in, by the steps that lead there, and everything that can happen to it.
enum StateTable {
    static func states(of role: Role) -> [(name: String, path: [Script.Step])] {
        switch role {
        case .sharer:
            let asked: [Script.Step] = [.peer(.request(id: 7, .view, detail: ""))]
            let viewing = asked + [.command(.yes(nil))]
            let asking = viewing + [.peer(.request(id: 8, .control, detail: ""))]
            let control = asking + [.command(.yes(nil)), .peer(.input(.key(.control, down: true)))]
            return [
                ("connected", []), ("asking-to-view", asked), ("viewing", viewing),
                ("viewing, asking-control", asking), ("viewing, control", control),
                ("paused", viewing + [.command(.pause)]), ("paused, asking-control", asking + [.command(.pause)]),
                ("paused, control", control + [.command(.pause)]), ("ended", [.command(.stop)]),
            ]
        case .helper:
            let viewing: [Script.Step] = [.peer(.granted(id: 1, .view))]
            let asking = viewing + [.command(.request(.control))]
            let control = asking + [.peer(.granted(id: 2, .control))]
            return [
                ("asking-to-view", []), ("connected", viewing + [.peer(.revoked(.view, by: .sharer))]),
                ("viewing", viewing), ("viewing, asking-control", asking), ("viewing, control", control),
                ("paused", viewing + [.peer(.paused)]), ("paused, asking-control", asking + [.peer(.paused)]),
                ("paused, control", control + [.peer(.paused)]), ("ended", [.command(.stop)]),
            ]
        }
    }

    static let steps: [(name: String, step: Script.Step)] = [
        ("yes", .command(.yes(nil))), ("yes 99", .command(.yes(99))), ("no", .command(.no(nil))),
        ("pause", .command(.pause)), ("resume", .command(.resume)),
        ("revoke control", .command(.revoke(.control))), ("revoke view", .command(.revoke(.view))),
        ("request view", .command(.request(.view))), ("request control", .command(.request(.control))),
        ("request file", .command(.request(.file))), ("release control", .command(.release(.control))),
        ("release view", .command(.release(.view))), ("press a", .command(.input(.key(.a, down: true)))),
        ("ask key frame", .command(.requestKeyFrame)), ("acknowledge", .command(.acknowledge(frame: 3))),
        ("say", .command(.say("hi"))), ("stop", .command(.stop)), ("display lost", .end(.displayLost)),
        ("61 s", .wait(.seconds(61))),
        ("< request view", .peer(.request(id: 50, .view, detail: ""))),
        ("< request control", .peer(.request(id: 51, .control, detail: ""))),
        ("< request file", .peer(.request(id: 52, .file, detail: "a.txt"))),
        ("< granted 1 view", .peer(.granted(id: 1, .view))), ("< granted 2 control", .peer(.granted(id: 2, .control))),
        ("< granted 99", .peer(.granted(id: 99, .control))),
        ("< denied 1 view", .peer(.denied(id: 1, .view, by: .sharer))),
        ("< denied 2 control", .peer(.denied(id: 2, .control, by: .sharer))),
        ("< revoked control", .peer(.revoked(.control, by: .sharer))),
        ("< revoked view", .peer(.revoked(.view, by: .sharer))),
        ("< release control", .peer(.release(.control))), ("< release view", .peer(.release(.view))),
        ("< paused", .peer(.paused)), ("< resumed", .peer(.resumed)), ("< chat", .peer(.chat("hi"))),
        ("< press a", .peer(.input(.key(.a, down: true)))), ("< key frame", .peer(.keyFrame)),
        ("< acknowledge", .peer(.acknowledge(frame: 3))), ("< end", .peer(.end(.finished, detail: ""))),
        ("< unknown", .bytes([200, 1, 2])), ("< malformed", .bytes([])),
    ]

    /// One cell of the table: what the machine said, and where it stands then.
    static func cell(_ start: Script, _ path: [Script.Step], _ step: Script.Step) -> String {
        var script = start
        for step in path { _ = script.take(step) }
        let before = script.machine.status
        let outcome = script.take(step)
        if let refusal = outcome.refusal {
            return outcome.events.isEmpty ? "! \(short(refusal))" : "refused with events"
        }
        var parts = outcome.events.map(short) + outcome.messages.map { "> " + short($0) }
        if script.machine.status != before { parts.append("= " + short(script.machine.status)) }
        return parts.isEmpty ? "." : parts.joined(separator: "; ")
    }

    static func render(_ role: Role) -> String { render(Script(role), states(of: role), steps) }

    /// - Parameter start: the machine that every path begins with.
    static func render(
        _ start: Script, _ states: [(name: String, path: [Script.Step])], _ steps: [(name: String, step: Script.Step)]
    ) -> String {
        let count = states.count
        var lines: [String] = []
        for (name, step) in steps {
            lines.append(name)
            // States with the same outcome share a line.
            var outcomes: [(outcome: String, states: [String])] = []
            for (state, path) in states {
                let outcome = cell(start, path, step)
                if let index = outcomes.firstIndex(where: { $0.outcome == outcome }) {
                    outcomes[index].states.append(state)
                } else {
                    outcomes.append((outcome, [state]))
                }
            }
            for (outcome, states) in outcomes {
                lines.append("  [\(joined(states, among: count))] \(outcome)")
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func joined(_ states: [String], among count: Int) -> String {
        if states.count == count { return "any" }
        if states.count == count - 1, !states.contains("ended") { return "not ended" }
        return states.joined(separator: " | ")
    }

    private static func short(_ status: SessionStatus) -> String {
        if let ended = status.ended { return "ended \(ended.rawValue)" }
        return "view \(status.view), control \(status.control)" + (status.isPaused ? ", paused" : "")
    }

    private static func short(_ refusal: CommandRefusal) -> String {
        switch refusal {
        case .notGranted(let kind): "not granted \(kind)"
        case .notAvailable(let kind): "not available \(kind)"
        case .notAllowed(let kind): "not allowed \(kind)"
        case .notAllowedThere(let kind): "not allowed there \(kind)"
        case .tooMany(let kind): "too many \(kind)"
        default: "\(Mirror(reflecting: refusal).children.first?.label ?? refusal.description)"
        }
    }

    private static func short(_ event: SessionEvent) -> String {
        switch event {
        case .request(let id, let kind, _, _): "request \(id) \(kind)"
        case .granted(let kind, let by): "granted \(kind) by \(by)"
        case .denied(let kind, let by): "denied \(kind) by \(by)"
        case .revoked(let kind, let by): "revoked \(kind) by \(by)"
        case .sideRequest(let request, _): "asked \(short(request))"
        case .sideGranted(let request, let by): "GRANTED \(short(request)) by \(by)"
        case .sideDenied(let request, let by): "denied \(short(request)) by \(by)"
        case .sideRevoked(let request, let by): "REVOKED \(short(request)) by \(by)"
        case .peerRules: "rules"
        case .chat: "chat"
        case .paused: "paused"
        case .resumed: "resumed"
        case .ended(let reason, _): "ended \(reason.rawValue)"
        case .startSharing: "START"
        case .stopSharing: "STOP"
        case .input: "input"
        case .letGo(let held): "let go \(held.count)"
        case .keyFrameRequested: "key frame"
        case .frameAcknowledged(let frame): "shown \(frame)"
        }
    }

    private static func short(_ message: ControlMessage) -> String {
        switch message {
        case .request(let id, let kind, _): "request \(id) \(kind)"
        case .granted(let id, let kind): "granted \(id) \(kind)"
        case .denied(let id, let kind, let by): "denied \(id) \(kind) by \(by)"
        case .revoked(let kind, let by): "revoked \(kind) by \(by)"
        case .release(let kind): "release \(kind)"
        case .paused: "paused"
        case .resumed: "resumed"
        case .chat: "chat"
        case .input: "input"
        case .keyFrame: "key frame"
        case .acknowledge(let frame): "shown \(frame)"
        case .end(let reason, _): "end \(reason.rawValue)"
        case .rules: "rules"
        case .ask(let id, let subject): "ask \(id) \(subject.kind)"
        case .withdrawn(let id, let kind): "withdrawn \(id) \(kind)"
        }
    }

    private static func short(_ request: SideRequest) -> String { "\(request.id) \(request.kind) of \(request.asker)" }
}
