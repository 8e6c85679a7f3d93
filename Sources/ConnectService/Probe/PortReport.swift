import NetPrimitives

/// What was found out about one port.
package struct PortReport: Hashable, Sendable {
    package var target: ProbeTarget
    /// Whether it counts for the exit code.
    package var decides: Bool
    package var outbound: Outbound

    /// Nobody dials back yet, so whether this machine can be reached there is not known.
    package static let inbound = "untested"
    package static let whyInbound = "Inbound is untested: the relay was not asked to dial back."

    package init(target: ProbeTarget, decides: Bool, outbound: Outbound) {
        self.target = target
        self.decides = decides
        self.outbound = outbound
    }

    /// Both directions' reasons.
    package var why: String { [outbound.why, Self.whyInbound].compactMap(\.self).joined(separator: " ") }

    /// Whole milliseconds, rounded up.
    package var roundTripMilliseconds: Int64? {
        outbound.roundTrip.map { max(($0.nanoseconds + 999_999) / 1_000_000, 0) }
    }
}
