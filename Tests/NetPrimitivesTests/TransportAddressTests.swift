import NetPrimitives
import Testing

@Suite("TransportAddress")
struct TransportAddressTests {
    @Test("text is read back as it was written", arguments: ["192.0.2.1:0", "0.0.0.0:65535", "[::1]:3478", "[2001:db8::1]:1"])
    func roundTrip(text: String) { #expect(TransportAddress(text)?.description == text) }

    @Test(
        "what is not an address with a port is refused",
        arguments: ["", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "::1:3478", "[::1]", "[192.0.2.1]:1", "a:1"])
    func refused(text: String) { #expect(TransportAddress(text) == nil) }
}

@Suite("CIDRBlock")
struct CIDRBlockTests {
    @Test(
        "a block holds its first and last address and neither neighbour",
        arguments: [
            ("10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
            ("192.0.2.128/25", "192.0.2.128", "192.0.2.255", "192.0.2.127", "192.0.3.0"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.0", "192.0.2.2"),
            ("fe80::/10", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe7f:ffff::", "fec0::"),
            ("64:ff9b::/96", "64:ff9b::", "64:ff9b::ffff:ffff", "64:ff9a:ffff::", "64:ff9b::1:0:0"),
        ])
    func edges(block: String, first: String, last: String, before: String, after: String) throws {
        let block = try #require(CIDRBlock(block))
        #expect(block.contains(try #require(IPAddress(first))))
        #expect(block.contains(try #require(IPAddress(last))))
        #expect(!block.contains(try #require(IPAddress(before))))
        #expect(!block.contains(try #require(IPAddress(after))))
    }

    @Test("everything is in /0 of its family and nothing of the other")
    func zeroPrefix() throws {
        let everything = try #require(CIDRBlock("0.0.0.0/0"))
        #expect(everything.contains(try #require(IPAddress("255.1.2.3"))))
        #expect(!everything.contains(.loopbackV6))
    }

    @Test("what is not a block is refused", arguments: ["", "/8", "10.0.0.0/", "10.0.0.0/33", "10.1.0.0/8", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/+8"])
    func refused(text: String) { #expect(CIDRBlock(text) == nil) }
}
