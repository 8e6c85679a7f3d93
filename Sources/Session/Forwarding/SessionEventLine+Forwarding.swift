internal import NetPrimitives

/// What becomes of a port of the helper's computer that was to lead somewhere.
public enum ForwardingState: String, Hashable, Sendable, CaseIterable {
    /// It leads there from now on.
    case listening
    /// It does, but a connection could not be made.
    case failed
    /// It leads nowhere, or not any more.
    case closed
}

extension SessionEventLine {
    static func json(local: String, _ destination: Destination?, _ state: ForwardingState, why: String?) -> OrderedJSON {
        .object([
            "event": .string("tcp"), "local": .string(local), "host": .optional(destination?.host),
            "port": destination.map { .number($0.port) } ?? .null, "state": .string(state.rawValue), "why": .optional(why),
        ])
    }

    static func sentence(local: String, _ destination: Destination?, _ state: ForwardingState, why: String?, peer: String) -> String {
        let why = why?.printable
        switch (state, destination) {
        case (.listening, let destination?): return "\(local) is \(destination) at \(peer)."
        case (.failed, _): return why ?? "A connection through \(local) could not be made."
        case (.listening, nil), (.closed, _): return [why, "\(local) leads nowhere."].compactMap { $0 }.joined(separator: " ")
        }
    }
}
