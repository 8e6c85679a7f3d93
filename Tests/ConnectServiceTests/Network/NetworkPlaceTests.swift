@testable import ConnectService
import NetPrimitives
import PortMapping
import Testing

@Suite("Where this host is")
struct NetworkPlaceTests {
    private static func route(_ gateway: String, _ interface: String = "eth0", metric: UInt32 = 100) -> DefaultRoute {
        DefaultRoute(gateway: IPAddress(gateway)!, interface: interface, metric: metric)
    }

    private static func place(_ routes: DefaultRoute..., address: String = "192.168.1.10") -> NetworkPlace {
        NetworkPlace(addresses: [LocalAddress(IPAddress(address)!)], routes: routes)
    }

    @Test("another address, another router and another way out are other places; another metric is none")
    func places() {
        let home = Self.place(Self.route("192.168.1.1"))
        #expect(home == Self.place(Self.route("192.168.1.1", metric: 600)))
        #expect(home != Self.place(Self.route("192.168.1.1"), address: "192.168.1.11"))
        #expect(home != Self.place(Self.route("192.168.1.254")))
        #expect(home != Self.place(Self.route("192.168.1.1", "wlan0")))
        #expect(home != Self.place())
        let (cable, radio) = (Self.route("192.168.1.1"), Self.route("10.0.0.1", "wlan0"))
        #expect(Self.place(cable, radio) != Self.place(radio, cable))
    }
}
