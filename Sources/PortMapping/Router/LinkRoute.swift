import Foundation
package import NetPrimitives

/// The networks that this computer is on itself, with no router in between.
package enum LinkRoute {
    /// Wider than any network that people's routers are on: routes like these lead into tunnels.
    private static let shortestPrefixes: [IPAddress.Family: Int] = [.ipv4: 8, .ipv6: 10]

    /// As the kernel tells them now; none where it does not tell. Loopback is none of them.
    package static func networks() -> [CIDRBlock] {
        let texts = ["/proc/net/route", "/proc/net/ipv6_route"].map { try? String(contentsOfFile: $0, encoding: .utf8) }
        return parse(ipv4: texts[0] ?? "") + parse(ipv6: texts[1] ?? "")
    }

    /// The lines are as `DefaultRoute` reads them.
    package static func parse(ipv4 text: String) -> [CIDRBlock] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard fields.count >= 8, UInt32(fields[2], radix: 16) == 0, let destination = UInt32(fields[1], radix: 16),
                let mask = UInt32(fields[7], radix: 16)
            else { return nil }
            return block(.v4(UInt32(bigEndian: destination)), (~UInt32(bigEndian: mask)).leadingZeroBitCount)
        }
    }

    package static func parse(ipv6 text: String) -> [CIDRBlock] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard fields.count >= 10, fields[9] != "lo", fields[4].allSatisfy({ $0 == "0" }), fields[0].utf8.count == 32,
                let high = UInt64(fields[0].prefix(16), radix: 16), let low = UInt64(fields[0].suffix(16), radix: 16),
                let length = Int(fields[1], radix: 16)
            else { return nil }
            return block(.v6(high, low), length)
        }
    }

    private static func block(_ base: IPAddress, _ length: Int) -> CIDRBlock? {
        guard length >= shortestPrefixes[base.family, default: 0] else { return nil }
        return CIDRBlock(containing: base, prefixLength: length)
    }
}
