import Foundation
package import NetPrimitives

/// A line of the kernel's routing table: which network is reached, and how.
package struct KernelRoute: Hashable, Sendable {
    package var destination: CIDRBlock
    /// The next router; nil where the network is on the link itself.
    package var gateway: IPAddress?
    package var interface: String
    /// The lower, the sooner it is taken.
    package var metric: UInt32

    /// A family's table as the kernel tells it now; nothing where it does not tell.
    static func all(_ family: IPAddress.Family) -> [KernelRoute] {
        let path = family == .ipv4 ? "/proc/net/route" : "/proc/net/ipv6_route"
        return (try? String(contentsOfFile: path, encoding: .utf8)).map { parse($0, family) } ?? []
    }

    /// Reads a table; what is no route in it, as its heading, is passed over.
    package static func parse(_ text: String, _ family: IPAddress.Family) -> [KernelRoute] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(whereSeparator: \.isWhitespace)
            return family == .ipv4 ? KernelRoute(ipv4: fields) : KernelRoute(ipv6: fields)
        }
    }

    /// proc_net(5): interface, destination, gateway, flags, two counters, metric, mask…; addresses as the machine's
    /// own words in hexadecimal.
    private init?(ipv4 fields: [Substring]) {
        guard fields.count >= 8, let destination = Self.word(fields[1]), let gateway = Self.word(fields[2]),
            let metric = UInt32(fields[6]), let mask = Self.word(fields[7]),
            let block = CIDRBlock(containing: .v4(destination), prefixLength: (~mask).leadingZeroBitCount)
        else { return nil }
        self.init(to: block, by: .v4(gateway), interface: fields[0], metric: metric)
    }

    /// Destination and length of its prefix, source and length, next hop, metric, two counters, flags, interface; all
    /// numbers in hexadecimal, addresses as 32 digits.
    private init?(ipv6 fields: [Substring]) {
        guard fields.count >= 10, let destination = Self.address(fields[0]), let length = Int(fields[1], radix: 16),
            let gateway = Self.address(fields[4]), let metric = UInt32(fields[5], radix: 16),
            let block = CIDRBlock(containing: destination, prefixLength: length)
        else { return nil }
        self.init(to: block, by: gateway, interface: fields[9], metric: metric)
    }

    private init(to destination: CIDRBlock, by gateway: IPAddress, interface: Substring, metric: UInt32) {
        self.destination = destination
        self.gateway = gateway.isUnspecified ? nil : gateway
        self.interface = String(interface)
        self.metric = metric
    }

    private static func word(_ field: Substring) -> UInt32? { UInt32(field, radix: 16).map(UInt32.init(bigEndian:)) }

    private static func address(_ field: Substring) -> IPAddress? {
        guard field.utf8.count == 32, let high = UInt64(field.prefix(16), radix: 16), let low = UInt64(field.suffix(16), radix: 16)
        else { return nil }
        return .v6(high, low)
    }
}
