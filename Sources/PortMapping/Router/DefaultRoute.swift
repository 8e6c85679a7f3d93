import Foundation
package import NetPrimitives

/// A way out of this computer's networks, and the router at its beginning.
package struct DefaultRoute: Hashable, Sendable {
    package var gateway: IPAddress
    package var interface: String
    package var metric: UInt32

    package init(gateway: IPAddress, interface: String, metric: UInt32) {
        self.gateway = gateway
        self.interface = interface
        self.metric = metric
    }

    /// The routes of a family as the kernel tells them now, the preferred one first; none where it does not tell.
    package static func all(_ family: IPAddress.Family) -> [DefaultRoute] {
        let path = family == .ipv4 ? "/proc/net/route" : "/proc/net/ipv6_route"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return family == .ipv4 ? parse(ipv4: text) : parse(ipv6: text)
    }

    /// proc_net(5): interface, destination, gateway, flags, two counters, metric, mask…; addresses as the machine's
    /// own words in hexadecimal.
    package static func parse(ipv4 text: String) -> [DefaultRoute] {
        sorted(
            text.split(separator: "\n").compactMap { line in
                let fields = line.split(whereSeparator: \.isWhitespace)
                guard fields.count >= 8, UInt32(fields[1], radix: 16) == 0, UInt32(fields[7], radix: 16) == 0,
                    let gateway = UInt32(fields[2], radix: 16), gateway != 0, let metric = UInt32(fields[6])
                else { return nil }
                return DefaultRoute(gateway: .v4(UInt32(bigEndian: gateway)), interface: String(fields[0]), metric: metric)
            })
    }

    /// Destination and length of its prefix, source and length, next hop, metric, two counters, flags, interface; all
    /// numbers in hexadecimal, addresses as 32 digits.
    package static func parse(ipv6 text: String) -> [DefaultRoute] {
        sorted(
            text.split(separator: "\n").compactMap { line in
                let fields = line.split(whereSeparator: \.isWhitespace)
                guard fields.count >= 10, fields[1] == "00", fields[0].allSatisfy({ $0 == "0" }), fields[4].utf8.count == 32,
                    let high = UInt64(fields[4].prefix(16), radix: 16), let low = UInt64(fields[4].suffix(16), radix: 16),
                    high != 0 || low != 0, let metric = UInt32(fields[5], radix: 16)
                else { return nil }
                return DefaultRoute(gateway: .v6(high, low), interface: String(fields[9]), metric: metric)
            })
    }

    private static func sorted(_ routes: [DefaultRoute]) -> [DefaultRoute] {
        // More than a machine has ways out; a kernel with the whole internet's table has but one default route each.
        Array(routes.sorted { $0.metric < $1.metric }.prefix(16))
    }
}
