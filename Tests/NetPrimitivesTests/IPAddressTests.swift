import NetPrimitives
import Testing

@Suite("IPAddress")
struct IPAddressTests {
    @Test(
        "text is read and written in its canonical form (RFC 5952)",
        arguments: [
            ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("192.0.2.1", "192.0.2.1"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::00a", "2001:db8::a"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("0:0:1:0:0:0:0:0", "0:0:1::"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ])
    func canonicalText(written: String, canonical: String) throws {
        let address = try #require(IPAddress(written))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
        #expect(IPAddress(octets: address.octets) == address)
    }

    @Test(
        "what is not an address is refused",
        arguments: [
            "", ".", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.+4", "1..2.3", " 1.2.3.4", "1.2.3.4 ",
            ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1::", "12345::", "g::", "+1::", "1:2:3:4:5:6:7:8::",
            "::1.2.3", "1.2.3.4::", "fe80::1%eth0", "[::1]", "1:2:3:4:5:6:1.2.3.4:7",
        ])
    func refused(text: String) { #expect(IPAddress(text) == nil) }

    @Test("octets of any other count make no address")
    func octetCounts() {
        for count in 0...20 where count != 4 && count != 16 {
            #expect(IPAddress(octets: [UInt8](repeating: 1, count: count)) == nil)
        }
    }

    @Test("an IPv4-mapped address is judged as the IPv4 one inside")
    func unmapped() {
        #expect(IPAddress("::ffff:127.0.0.1")?.unmapped == .loopbackV4)
        #expect(IPAddress("::ffff:127.0.0.1")?.isLoopback == true)
        #expect(IPAddress("::fffe:127.0.0.1")?.isLoopback == false)
        #expect(IPAddress("::ffff:0.0.0.0")?.isUnspecified == true)
        #expect(IPAddress("::ffff:0.0.0.1")?.isUnspecified == false)
    }

    @Test(
        "where sources are counted, a household is one: an IPv4 address, an IPv6 /56",
        arguments: [
            ("192.0.2.129", "192.0.2.129", "192.0.2.0"), ("::ffff:192.0.2.129", "192.0.2.129", "192.0.2.0"),
            ("2001:db8:0:12ff::1", "2001:db8:0:1200::", "2001:db8:0:1200::"),
        ])
    func sources(of text: String, household: String, neighbourhood: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.household.description == household)
        #expect(address.neighbourhood.description == neighbourhood)
    }
}
