import NetPrimitives

/// What was found out about one port.
package struct PortReport: Hashable, Sendable {
    package enum Way: String, Hashable, Sendable { case direct, proxy }

    package var target: ProbeTarget
    /// Whether it counts for the exit code.
    package var decides: Bool
    /// Directly; where that fails and the proxy lets us through, what came by the proxy.
    package var outbound: Outbound
    package var inbound: Inbound
    /// What became of the direct way, when only the proxy leads there.
    package var directly: Outbound?

    package init(
        target: ProbeTarget, decides: Bool, outbound: Outbound, throughProxy: Outbound? = nil, inbound: Inbound
    ) {
        self.target = target
        self.decides = decides
        self.inbound = inbound
        if let throughProxy, throughProxy.isOpen, !outbound.isOpen {
            self.outbound = throughProxy
            directly = outbound
        } else {
            self.outbound = outbound
        }
    }

    /// By which way it is open; nil when it is not.
    package var way: Way? { outbound.isOpen ? directly == nil ? .direct : .proxy : nil }

    /// Why it is not open, or only through the proxy.
    package var whyOutbound: String? { directly?.why.map { "Through the proxy alone. Directly: \($0)" } ?? outbound.why }

    /// Both directions' reasons; nil when both are open.
    package var why: String? {
        let reasons = [whyOutbound, inbound.why].compactMap(\.self)
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
