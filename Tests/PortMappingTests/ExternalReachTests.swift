import NetPrimitives
import PortMapping
import Testing

@Suite("An external address")
struct ExternalReachTests {
    @Test(
        "of a router tells how far it reaches",
        arguments: [
            ("11.22.33.21", .internet), ("8.8.8.8", .internet), ("100.63.255.255", .internet),
            ("100.128.0.0", .internet), ("172.32.0.1", .internet), ("2001:db8::1", .internet),
            ("10.1.2.3", .behindAnotherNAT), ("172.16.0.1", .behindAnotherNAT), ("172.31.255.255", .behindAnotherNAT),
            ("192.168.178.2", .behindAnotherNAT), ("100.64.0.0", .behindAnotherNAT),
            ("100.127.255.255", .behindAnotherNAT), ("192.0.0.2", .behindAnotherNAT),
            ("198.18.0.1", .behindAnotherNAT), ("::ffff:10.0.0.1", .behindAnotherNAT), ("fd00::1", .behindAnotherNAT),
            ("0.0.0.0", .nowhere), ("0.1.2.3", .nowhere), ("127.0.0.1", .nowhere), ("169.254.1.1", .nowhere),
            ("224.0.0.1", .nowhere), ("255.255.255.255", .nowhere), ("::", .nowhere), ("::1", .nowhere),
            ("fe80::1", .nowhere), ("ff02::1", .nowhere),
        ] as [(String, ExternalReach)])
    func reach(_ text: String, _ expected: ExternalReach) throws {
        #expect(ExternalReach(of: try #require(IPAddress(text))) == expected)
    }

    @Test("of a mapping is the router's")
    func mapping() {
        let mapping = Mapping(
            method: .natPMP, external: address("100.64.1.2:5000"), internal: address("192.168.1.10:5000"),
            transport: .udp, lifetime: nil, router: nil)
        #expect(mapping.reach == .behindAnotherNAT)
    }
}
