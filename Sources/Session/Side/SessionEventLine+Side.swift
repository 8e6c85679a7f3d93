internal import NetPrimitives

/// Files, clipboard and connections in words: who asks for what, for how long, and what came of it.
extension SessionEventLine {
    static func question(_ request: SideRequest, from: String, of role: Role, _ notice: ConsentNotice) -> String {
        return "\(request.question(from: from, of: role, notice.verified))\nType “yes \(request.id)” or “no \(request.id)”; "
            + "no answer within \(notice.answer.components.seconds) s is a no."
    }

    static func sentence(_ decision: SideDecision, _ request: SideRequest, by decider: Decider, for role: Role, peer: String) -> String {
        let isOurs = request.asker == role
        let thing = request.subject.thing
        switch (decision, decider) {
        case (.granted, _): return isOurs ? "\(peer) said yes: \(thing)." : "You said yes: \(thing)."
        case (.denied, .timeout):
            return isOurs ? "\(peer) did not answer in time: not \(thing)." : "You did not answer in time: not \(thing)."
        case (.denied, .policy): return "The rules of the other side do not allow it: \(thing)."
        case (.denied, _) where decider == role.decider: return isOurs ? "You took it back: \(thing)." : "You said no: \(thing)."
        case (.denied, _): return isOurs ? "\(peer) said no: \(thing)." : "\(peer) does not ask any more: \(thing)."
        case (.revoked, _): return "\(decider == role.decider ? "You" : peer) ended it: \(thing)."
        }
    }

    static func file(
        _ name: String, _ bytes: Int64, of total: Int64, _ state: FileState, _ detail: String?, peer: String
    ) -> String {
        func size(_ bytes: Int64) -> String { SideRequest.Subject.size(UInt64(clamping: bytes)) }
        switch state {
        case .offered: return "The file “\(name)” (\(size(total))) is offered."
        case .moving:
            let percent = total > 0 ? Int(Double(bytes) / Double(total) * 100) : 100
            return "The file “\(name)”: \(percent) %, \(size(bytes)) of \(size(total))."
        case .done: return detail.map { "The file “\(name)” is here: \($0)" } ?? "\(peer) has the file “\(name)”."
        case .refused: return "The file “\(name)” is not wanted."
        case .failed: return "The file “\(name)” was not transferred. \(detail ?? "")"
        }
    }

    /// A text that is shown is set in, line by line, so that nothing of it looks like a sentence of ours.
    static func clipboard(_ move: ClipboardMove, bytes: Int, _ text: String?, peer: String) -> String {
        let size = SideRequest.Subject.size(UInt64(clamping: bytes))
        switch (move, text) {
        case (.sent, _): return "\(peer) can paste what you copied (\(size))."
        case (.received, nil): return "You can paste what \(peer) copied (\(size))."
        case (.received, let text?):
            let lines = text.split(whereSeparator: \.isNewline).map { "    " + String($0).printable }
            return (["\(peer) copied (\(size)):"] + lines).joined(separator: "\n")
        }
    }

    static func json(_ decision: SideDecision, _ request: SideRequest, by decider: Decider) -> OrderedJSON {
        .object([
            "event": .string(decision.rawValue), "kind": .string(request.kind.rawValue), "by": .string(decider.rawValue),
            "id": .number(request.id),
        ])
    }

    static func json(_ request: SideRequest, from: String, _ notice: ConsentNotice) -> OrderedJSON {
        let lasts = request.kind == .file ? "once" : "session"
        let subject: [(name: String, value: OrderedJSON)] =
            switch request.subject {
            case .file(let name, let bytes): [("name", .string(name)), ("bytes", .number(bytes))]
            case .clipboard(let ways): [("directions", .array(ways.names.map { .string($0) }))]
            case .tcp(let destination): [("host", .string(destination.host)), ("port", .number(destination.port))]
            }
        let common: [(name: String, value: OrderedJSON)] = [
            ("says", .null), ("verified", .string(notice.verified.rawValue)),
            ("answer_within_s", .number(notice.answer.components.seconds)), ("lasts", .string(lasts)), ("warning", .null),
        ]
        return .object([
            "event": .string("request"), "id": .number(request.id), "kind": .string(request.kind.rawValue), "from": .string(from),
            "detail": .members(subject + common),
        ])
    }
}

extension SideRequest {
    /// Who asks, how they were recognised, for what and for how long.
    public func question(from: String, of role: Role, _ verified: SessionEventLine.Verification) -> String {
        let from = from.printable
        let who: String =
            switch (verified, role) {
            case (.contact, _): "\(from), one of your contacts,"
            case (.code, .sharer): "\(from), who had the right code,"
            case (.code, .helper): "\(from), who invited you,"
            }
        return "\(who) asks to \(subject.wish)."
    }
}

extension SideRequest.Subject {
    /// Behind “asks to”, said to who is asked.
    fileprivate var wish: String {
        let until = "until you take it back or the session ends"
        return switch self {
        case .file(let name, let bytes): "send you the file “\(name.printable)” (\(Self.size(bytes)))"
        case .clipboard(.send): "put what they copy into your clipboard, \(until)"
        case .clipboard(.receive): "read what you copy, \(until)"
        case .clipboard: "share the clipboard: what either of you copies, the other can paste, \(until)"
        case .tcp(let destination): "use connections from your computer to \(destination), \(until)"
        }
    }

    /// What it is about, in few words.
    fileprivate var thing: String {
        switch self {
        case .file(let name, let bytes): "the file “\(name.printable)” (\(Self.size(bytes)))"
        case .clipboard: "the clipboard"
        case .tcp(let destination): "connections to \(destination)"
        }
    }

    /// As people read sizes: 1.2 MB.
    static func size(_ bytes: UInt64) -> String {
        guard bytes >= 1000 else { return "\(bytes) byte\(bytes == 1 ? "" : "s")" }
        var (value, unit) = (Double(bytes), "")
        for next in ["KB", "MB", "GB", "TB"] where value >= 999.5 || unit.isEmpty { (value, unit) = (value / 1000, next) }
        let tenths = Int((value * 10).rounded())
        return value < 9.95 ? "\(tenths / 10).\(tenths % 10) \(unit)" : "\(Int(value.rounded())) \(unit)"
    }
}

extension SideRules.Ways {
    /// Seen from the asker.
    var names: [String] { (contains(.send) ? ["send"] : []) + (contains(.receive) ? ["receive"] : []) }
}
