import NetPrimitives
import Testing

@Suite("CIDRSet")
struct CIDRSetTests {
    static let blocks = ["192.0.2.0/24", "198.51.100.7", "10.0.0.0/8", "2001:db8::/32", "2600::1/128"]

    @Test(
        "has the addresses of its blocks, first and last, and no neighbour",
        arguments: [
            ("192.0.2.0", true), ("192.0.2.255", true), ("192.0.1.255", false), ("192.0.3.0", false), ("198.51.100.7", true),
            ("198.51.100.6", false), ("10.255.255.255", true), ("11.0.0.0", false), ("2001:db8::", true),
            ("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true), ("2001:db9::", false), ("2600::1", true), ("2600::2", false),
            // As it is written: whoever means IPv4 says so.
            ("::ffff:192.0.2.1", false),
        ])
    func contains(address: String, isThere: Bool) throws {
        let set = CIDRSet(try Self.blocks.map { try #require(CIDRBlock($0)) })
        #expect(set.count == 5 && !set.isEmpty)
        let parsed = try #require(IPAddress(address))
        #expect(set.contains(parsed) == isThere)
    }

    @Test("an empty set has nobody, and everybody's block has everybody of its family")
    func extremes() throws {
        #expect(!CIDRSet().contains(.loopbackV4) && CIDRSet().isEmpty)
        let all = CIDRSet([try #require(CIDRBlock("0.0.0.0/0"))])
        #expect(all.contains(.anyV4) && all.contains(.v4(.max)) && !all.contains(.anyV6))
    }
}
