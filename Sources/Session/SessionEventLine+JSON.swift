internal import Foundation
internal import NetPrimitives

extension SessionEventLine {
    /// The event as one line of JSON, without the line's end.
    public var json: String { object.text }

    private var object: OrderedJSON {
        switch self {
        case .invitation(let code, let link, let file, let expires):
            .object([
                "event": .string("invitation"), "code": .string(code), "link": .optional(link),
                "file": .optional(file), "expires": .string(expires.formatted(.iso8601)),
            ])
        case .helper(let name, let verified, let fingerprint):
            .object([
                "event": .string("helper"), "name": .string(name), "verified": .string(verified.rawValue),
                "fingerprint": .string(fingerprint),
            ])
        case .request(let id, let kind, let from, let detail, let notice):
            .object([
                "event": .string("request"), "id": .number(id), "kind": .string(kind.rawValue),
                "from": .string(from),
                "detail": .object([
                    "says": .optional(detail), "verified": .string(notice.verified.rawValue),
                    "answer_within_s": .number(notice.answer.components.seconds), "lasts": .string("session"),
                    "warning": .optional(notice.warning(before: kind)),
                ]),
            ])
        case .granted(let kind, let decider): Self.decision("granted", kind, decider)
        case .denied(let kind, let decider): Self.decision("denied", kind, decider)
        case .revoked(let kind, let decider): Self.decision("revoked", kind, decider)
        case .sideRequest(let request, let from, let notice): Self.json(request, from: from, notice)
        case .side(let decision, let request, let decider): Self.json(decision, request, by: decider)
        case .connected(let elapsed, let path):
            .object(["event": .string("connected"), "elapsed_ms": .number(elapsed), "path": path.json])
        case .path(let path, let reason):
            .object(["event": .string("path"), "path": path?.json ?? .null, "reason": .string(reason.rawValue)])
        case .candidates(let tried, let findings):
            .object([
                "event": .string("candidates"), "tried": .array(tried.map(\.json)), "findings": .array(findings.map(\.json)),
            ])
        case .firstFrame(let elapsed, let width, let height):
            .object([
                "event": .string("first-frame"), "elapsed_ms": .number(elapsed), "width": .number(width),
                "height": .number(height),
            ])
        case .paused: .object(["event": .string("paused")])
        case .resumed: .object(["event": .string("resumed")])
        case .chat(let from, let text):
            .object(["event": .string("chat"), "from": .string(from), "text": .string(text)])
        case .file(let id, let name, let bytes, let total, let state, let detail):
            .members(
                [
                    ("event", .string("file")), ("id", .number(id)), ("name", .string(name)), ("bytes", .number(bytes)),
                    ("of", .number(total)), ("state", .string(state.rawValue)),
                ] + (detail.map { [("detail", .string($0))] } ?? []))
        case .forwarding(let local, let destination, let state, let why):
            Self.json(local: local, destination, state, why: why)
        case .clipboard(let move, let bytes, let text):
            .object([
                "event": .string("clipboard"), "direction": .string(move.rawValue), "bytes": .number(bytes),
                "text": text.map { .string($0) } ?? .null,
            ])
        case .contact(let event): event.json
        case .ended(let reason, let detail):
            .object(["event": .string("ended"), "reason": .string(reason.rawValue), "detail": .string(detail)])
        }
    }

    private static func decision(_ event: String, _ kind: Capability, _ decider: Decider) -> OrderedJSON {
        .object(["event": .string(event), "kind": .string(kind.rawValue), "by": .string(decider.rawValue)])
    }
}

extension PathDescription {
    var json: OrderedJSON {
        .object([
            "kind": .string(kind.rawValue), "transport": .string(transport.rawValue), "local": .string(local),
            "remote": .string(remote),
        ])
    }
}

extension TriedPair {
    fileprivate var json: OrderedJSON {
        .object([
            "local": .string(local), "remote": .string(remote), "kind": .string(kind.rawValue),
            "result": .string(result.rawValue), "ms": milliseconds.map { .number($0) } ?? .null,
            "why": .optional(why),
        ])
    }
}

extension RouterFinding {
    fileprivate var json: OrderedJSON {
        .object(["local": .string(local), "external": .optional(external), "why": .string(why)])
    }
}
