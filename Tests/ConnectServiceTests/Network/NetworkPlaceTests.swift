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

    @Test("what becomes of other addresses, of the other family's routers and of those behind the preferred one is nothing to a connection")
    func connections() {
        let local = IPAddress("192.168.1.10")!
        let (router, other) = (Self.route("192.168.1.1"), Self.route("10.0.0.1", "wlan0"))
        let home = Self.place(router)
        let (first, second) = (Self.place(router, Self.route("fe80::1")), Self.place(router, Self.route("fe80::2")))
        for same in [home, Self.place(router, other), first, second] {
            #expect(!same.isElsewhere(from: home, for: local))
            #expect(same == home || same.isElsewhere(from: home, for: nil))
        }
        let (moved, replaced) = (Self.place(router, address: "192.168.1.11"), Self.place(Self.route("192.168.1.2")))
        for dead in [Self.place(other, router), Self.place(), moved, replaced] {
            #expect(dead.isElsewhere(from: home, for: local))
        }
        // A connection by IPv6 goes by its own routers.
        #expect(second.isElsewhere(from: first, for: IPAddress("2001:db8::1")!))
    }
}
