package import NetPrimitives

/// One port over one transport, at the relay.
package struct ProbeTarget: Hashable, Sendable {
    package var port: UInt16
    package var transport: TransportProtocol

    package init(port: UInt16, transport: TransportProtocol) {
        self.port = port
        self.transport = transport
    }
}

extension ProbeTarget: CustomStringConvertible {
    package var description: String { "\(port)/\(transport)" }
}

/// A target, and whether its answer counts for the exit code or is only shown.
package struct ProbeQuestion: Hashable, Sendable {
    package var target: ProbeTarget
    package var decides: Bool

    package init(target: ProbeTarget, decides: Bool) {
        self.target = target
        self.decides = decides
    }
}
