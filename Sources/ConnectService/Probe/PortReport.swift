import NetPrimitives

/// What was found out about one port.
package struct PortReport: Hashable, Sendable {
    package var target: ProbeTarget
    /// Whether it counts for the exit code.
    package var decides: Bool
    package var outbound: Outbound
    package var inbound: Inbound

    package init(target: ProbeTarget, decides: Bool, outbound: Outbound, inbound: Inbound) {
        self.target = target
        self.decides = decides
        self.outbound = outbound
        self.inbound = inbound
    }

    /// Both directions' reasons; nil when both are open.
    package var why: String? {
        let reasons = [outbound.why, inbound.why].compactMap(\.self)
        return reasons.isEmpty ? nil : reasons.joined(separator: " ")
    }

    /// Why it could not be seen whether this machine is reached there.
    package var whyUntested: String? {
        switch inbound {
        case .untested(let why): why
        case .open, .refused, .filtered: nil
        }
    }

    /// Whole milliseconds, rounded up.
    package var roundTripMilliseconds: Int64? {
        outbound.roundTrip.map { max(($0.nanoseconds + 999_999) / 1_000_000, 0) }
    }
}
