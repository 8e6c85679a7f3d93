import NetPrimitives
import Relay
import TestSupport
import Testing

@Suite("PeerPolicy")
struct PeerPolicyTests {
    /// First and last address of a refused block, and the neighbours; nil where the neighbour is refused as well.
    static let ranges: [(first: String, last: String, before: String?, after: String?)] = [
        ("0.0.0.0", "0.255.255.255", nil, "1.0.0.0"),
        ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
        ("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
        ("127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
        ("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
        ("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
        ("192.0.0.0", "192.0.0.8", "191.255.255.255", "192.0.0.9"),
        ("192.0.0.11", "192.0.0.255", "192.0.0.10", "192.0.1.0"),
        ("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
        ("192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
        ("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
        ("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
        ("198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
        ("203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
        ("224.0.0.0", "239.255.255.255", "223.255.255.255", nil),
        ("240.0.0.0", "255.255.255.255", nil, nil),
        ("64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", nil, nil),
        ("64:ff9b::1:0:0", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", nil, nil),
        ("100::", "100::ffff:ffff:ffff:ffff", nil, nil),
        ("::", "::1", nil, nil),
        ("1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil, "2000::"),
        ("2001::", "2001:1::", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:1::1"),
        ("2001:1::4", "2001:2:ffff:ffff:ffff:ffff:ffff:ffff", "2001:1::3", "2001:3::"),
        ("2001:4::", "2001:4:111:ffff:ffff:ffff:ffff:ffff", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff", "2001:4:112::"),
        ("2001:4:113::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:4:112:ffff:ffff:ffff:ffff:ffff", "2001:20::"),
        ("2001:40::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"),
        ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil),
        ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil, nil),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil, nil),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil, nil),
        ("ff00::", "ff02::1", nil, nil),
    ]

    @Test("refuses the first and the last address of what is not globally reachable, not their neighbours", arguments: ranges)
    func table(first: String, last: String, before: String?, after: String?) {
        let policy = PeerPolicy()
        for refused in [first, last] {
            guard case .refused = policy.verdict(for: IPAddress(literal: refused)) else {
                Issue.record("\(refused) is not refused")
                continue
            }
        }
        for neighbour in [before, after].compactMap(\.self) {
            #expect(policy.verdict(for: IPAddress(literal: neighbour)) == .allowed, "\(neighbour)")
        }
    }

    /// The same IPv4 address in its IPv6 clothes.
    static let clothes: [@Sendable (UInt32) -> IPAddress] = [
        { .v6(0, 0xFFFF_0000_0000 | UInt64($0)) },  // ::ffff:a.b.c.d
        { .v6(0x0064_FF9B_0000_0000, UInt64($0)) },  // 64:ff9b::a.b.c.d
        { .v6(0x2002_0000_0000_0000 | UInt64($0) << 16, 1) },  // 2002:aabb:ccdd::1
    ]

    @Test("judges an embedded IPv4 address as itself")
    func embedded() {
        let policy = PeerPolicy(allow: [CIDRBlock(literal: "10.0.0.0/8")], deny: [CIDRBlock(literal: "8.8.0.0/16")])
        for dress in Self.clothes {
            #expect(policy.verdict(for: dress(0x0101_0101)) == .allowed)
            #expect(policy.verdict(for: dress(0x7F00_0001)) == .refused(.notGloballyReachable))
            #expect(policy.verdict(for: dress(0xC0A8_0001)) == .refused(.notGloballyReachable))
            #expect(policy.verdict(for: dress(0x0A01_0203)) == .allowed)
            #expect(policy.verdict(for: dress(0x0808_0808)) == .refused(.denied))
        }
    }

    @Test("refuses Teredo and IPv4-compatible addresses, whatever is allowed",
        arguments: ["2001::", "2001:0:808:808::1", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "::8.8.8.8", "::2", "::ffff:ffff"])
    func obsolete(text: String) {
        let policy = PeerPolicy(allow: [CIDRBlock(literal: "::/0"), CIDRBlock(literal: "0.0.0.0/0")])
        #expect(policy.verdict(for: IPAddress(literal: text)) == .refused(.obsoleteEmbedding))
        #expect(policy.verdict(for: .loopbackV6) == .allowed)
    }

    @Test("allow opens, deny closes and wins")
    func rules() {
        let policy = PeerPolicy(
            allow: [CIDRBlock(literal: "127.0.0.0/8"), CIDRBlock(literal: "fd00::/8")],
            deny: [CIDRBlock(literal: "127.0.0.2"), CIDRBlock(literal: "1.1.1.0/24"), CIDRBlock(literal: "2600::/16")])
        #expect(policy.verdict(for: .loopbackV4) == .allowed)
        #expect(policy.verdict(for: IPAddress(literal: "fd12::1")) == .allowed)
        #expect(policy.verdict(for: IPAddress(literal: "fc00::1")) == .refused(.notGloballyReachable))
        #expect(policy.verdict(for: IPAddress(literal: "127.0.0.2")) == .refused(.denied))
        #expect(policy.verdict(for: IPAddress(literal: "1.1.1.255")) == .refused(.denied))
        #expect(policy.verdict(for: IPAddress(literal: "1.1.2.0")) == .allowed)
        #expect(policy.verdict(for: IPAddress(literal: "2600::1")) == .refused(.denied))
    }

    @Test("knows its own address when it is not refused, and not in disguise")
    func ownAddress() {
        let own = IPAddress(literal: "9.9.9.9")
        #expect(PeerPolicy(ownAddresses: [own]).verdict(for: own) == .ownAddress)
        for dress in Self.clothes {
            #expect(PeerPolicy(ownAddresses: [own]).verdict(for: dress(0x0909_0909)) == .refused(.ownAddressEmbedded))
        }
        let inside = IPAddress(literal: "10.0.0.1")
        #expect(PeerPolicy(ownAddresses: [inside]).verdict(for: inside) == .refused(.notGloballyReachable))
        let opened = PeerPolicy(allow: [CIDRBlock(literal: "10.0.0.0/8")], ownAddresses: [inside])
        #expect(opened.verdict(for: inside) == .ownAddress)
        #expect(PeerPolicy(deny: [CIDRBlock(literal: "9.9.9.9")], ownAddresses: [own]).verdict(for: own) == .refused(.denied))
    }
}
