import NetPrimitives
import PortMapping
import Testing

@Suite("The ways out")
struct DefaultRouteTests {
    @Test("of IPv4, the preferred one first; routes to networks, and without a router, are none")
    func ipv4() {
        let text = """
            Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
            wlan0\t00000000\t\(word("192.168.1.1"))\t0003\t0\t0\t600\t00000000\t0\t0\t0
            tun0\t00000000\t00000000\t0001\t0\t0\t1\t00000000\t0\t0\t0
            tun0\t00000000\t\(word("10.8.0.1"))\t0003\t0\t0\t2\t00000080\t0\t0\t0
            eth0\t00000000\t\(word("192.168.2.1"))\t0003\t0\t0\t100\t00000000\t0\t0\t0
            eth0\t\(word("192.168.2.0"))\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
            """
        #expect(
            DefaultRoute.among(KernelRoute.parse(text, .ipv4)) == [
                DefaultRoute(gateway: address("192.168.2.1:0").ip, interface: "eth0", metric: 100),
                DefaultRoute(gateway: address("192.168.1.1:0").ip, interface: "wlan0", metric: 600),
            ])
    }

    @Test("of IPv6")
    func ipv6() {
        let zero = String(repeating: "0", count: 32)
        let text = """
            \(zero) 00 \(zero) 00 fe800000000000000000000000000001 00000400 00000001 00000000 00450003     eth0
            20010db8000000000000000000000000 40 \(zero) 00 \(zero) 00000100 00000001 00000000 00000001     eth0
            \(zero) 00 \(zero) 00 \(zero) ffffffff 00000001 00000000 00200200       lo
            """
        #expect(
            DefaultRoute.among(KernelRoute.parse(text, .ipv6)) == [
                DefaultRoute(gateway: address("[fe80::1]:0").ip, interface: "eth0", metric: 0x400)
            ])
    }

    @Test("nonsense is no way out", arguments: [
        "", "\n\n", "eth0 00000000", "eth0 00000000 zzzzzzzz 0 0 0 0 00000000", "eth0 00000000 0101A8C0 3 0 0 -1 00000000",
        String(repeating: "0 ", count: 40),
    ])
    func nonsense(_ text: String) {
        for family in IPAddress.Family.allCases { #expect(DefaultRoute.among(KernelRoute.parse(text, family)).isEmpty) }
    }

    /// An address as the kernel of this machine writes it there.
    private func word(_ text: String) -> String {
        guard case .v4(let bits) = address("\(text):0").ip else { return "" }
        let digits = String(bits.bigEndian, radix: 16, uppercase: true)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
