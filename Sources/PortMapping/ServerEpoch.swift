package import NetPrimitives

/// What a router's clock says of its memory: PCP's and NAT-PMP's answers carry the seconds since the router began to keep
/// mappings. When they do not go on as ours do, it has restarted, and its mappings are gone.
package struct ServerEpoch: Sendable {
    package enum Rule: Sendable {
        /// RFC 6887 §8.5.
        case pcp
        /// RFC 6886 §3.6: a clock that is fast is no restart.
        case natPMP
    }

    private let rule: Rule
    private var previous: (server: Int64, client: Instant)?

    package init(_ rule: Rule) { self.rule = rule }

    /// Takes the number of an answer that arrived now; false when the router has lost its memory since the last one.
    package mutating func accept(_ seconds: UInt32, at now: Instant) -> Bool {
        let server = Int64(seconds)
        defer { previous = (server, now) }
        guard let previous else { return true }
        let passed = max((now - previous.client).components.seconds, 0)
        switch rule {
        case .pcp:
            // One second back may be two packets in the wrong order.
            guard server >= previous.server - 1 else { return false }
            let counted = max(server - previous.server, 0)
            // Two seconds for rounding, a sixteenth for clocks that differ.
            return !(passed + 2 < counted - counted / 16 || counted + 2 < passed - passed / 16)
        case .natPMP:
            // "7/8 of the time elapsed", and two seconds.
            return server >= previous.server + passed * 7 / 8 - 2
        }
    }
}
