/// Where a computer that asks for help listens: an IP address or a name, and a port.
public struct MachineAddress: Sendable, Hashable {
    /// An IPv4 address, an IPv6 address (perhaps with its zone, which means something on that computer alone), or a name.
    public let host: String
    public let port: UInt16

    /// More addresses than any computer has: what one ticket may hold.
    static let maximumCount = 64

    /// Nil when the host has other characters than addresses and names have: it will be an argument of another program.
    public init?(host: some StringProtocol, port: some StringProtocol) {
        guard let number = UInt16(port), number > 0, (1...255).contains(host.utf8.count),
            host.utf8.allSatisfy(Self.isAllowed), let first = host.utf8.first, first != UInt8(ascii: "-")
        else { return nil }
        self.host = String(host)
        self.port = number
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: ".-_:%".utf8.contains(byte)
        }
    }
}

extension MachineAddress: CustomStringConvertible {
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
