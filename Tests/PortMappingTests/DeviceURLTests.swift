import NetPrimitives
import PortMapping
import Testing

@Suite("Where a UPnP device says that it is")
struct DeviceURLTests {
    private let networks = ["192.168.1.0/24", "fe80::/64", "2001:db8:1::/64"].compactMap { CIDRBlock($0) }

    @Test("a neighbour", arguments: [
        "http://192.168.1.1:5000/rootDesc.xml", "HTTP://192.168.1.1/", "http://192.168.1.77", "http://[fe80::1]:5000/a",
        "http://[fe80::1%25eth0]:5000/a", "http://[2001:db8:1::1]?x",
    ])
    func near(_ url: String) { #expect(DeviceURL.isNear(url, networks: networks)) }

    @Test("another network's, our own and nobody's", arguments: [
        "http://192.168.2.1:5000/rootDesc.xml", "http://11.22.33.1/", "http://127.0.0.1:631/", "http://[::1]/",
        "http://[::ffff:127.0.0.1]/", "http://localhost/", "http://router.lan/", "https://192.168.1.1/", "http://",
        "http://192.168.1.1@11.22.33.1/", "http://192.168.1.1.evil.example/", "", "ftp://192.168.1.1/", "http://0xC0A80101/",
    ])
    func far(_ url: String) { #expect(!DeviceURL.isNear(url, networks: networks)) }

    @Test("the networks that we are on are read from the kernel's tables; ways to routers and into tunnels are none")
    func networksOfThisComputer() {
        let zero = String(repeating: "0", count: 32)
        let ipv4 = """
            Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
            eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
            eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
            tun0\t00000000\t00000000\t0001\t0\t0\t1\t00000080\t0\t0\t0
            tun0\t00000A0A\t0100000A\t0003\t0\t0\t1\t0000FFFF\t0\t0\t0
            """
        let ipv6 = """
            20010db8000100000000000000000000 40 \(zero) 00 \(zero) 00000100 00000001 00000000 00000001     eth0
            20010db8000200000000000000000000 40 \(zero) 00 fe800000000000000000000000000001 00000100 00000001 00000000 00000003 eth0
            \(zero) 00 \(zero) 00 \(zero) ffffffff 00000001 00000000 00200200       lo
            00000000000000000000000000000001 80 \(zero) 00 \(zero) 00000000 00000002 00000000 80200001       lo
            """
        #expect(LinkRoute.among(KernelRoute.parse(ipv4, .ipv4)).map { "\($0)" } == ["192.168.1.0/24"])
        #expect(LinkRoute.among(KernelRoute.parse(ipv6, .ipv6)).map { "\($0)" } == ["2001:db8:1::/64"])
        #expect(KernelRoute.parse("eth0 zz 0 0 0 0 0 zz", .ipv4).isEmpty && KernelRoute.parse("\n \n", .ipv6).isEmpty)
    }
}
