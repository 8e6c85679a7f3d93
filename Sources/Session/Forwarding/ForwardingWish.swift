/// What the helper wants: a port of its own computer that leads to a place at the sharer's, as `LOCALPORT[=HOST:PORT]`.
public struct ForwardingWish: Hashable, Sendable {
    /// 1…65535.
    public let localPort: UInt16
    /// Nil: the first that the sharer has named.
    public let destination: Destination?

    public init(localPort: UInt16, destination: Destination?) {
        self.localPort = localPort
        self.destination = destination
    }
}

extension ForwardingWish: LosslessStringConvertible {
    public init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let port = UInt16(parts[0]), port > 0, parts[0].first != "+" else { return nil }
        if parts.count == 1 {
            self.init(localPort: port, destination: nil)
        } else {
            guard let destination = Destination(String(parts[1])) else { return nil }
            self.init(localPort: port, destination: destination)
        }
    }

    public var description: String { destination.map { "\(localPort)=\($0)" } ?? "\(localPort)" }
}
