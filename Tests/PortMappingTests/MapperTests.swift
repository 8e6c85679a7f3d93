import Foundation
import NetPrimitives
import PortMapping
import Testing

@Suite("A mapper", .timeLimit(.minutes(1)))
struct MapperTests {
    private let request = MappingRequest(internalAddress: address("192.168.1.10:5000"), transport: .udp)

    private func mapping(_ external: String, for lifetime: Duration? = .seconds(600)) -> Mapping {
        Mapping(
            method: .upnp, external: address(external), internal: address("192.168.1.10:5000"), transport: .udp,
            lifetime: lifetime, router: "a fake")
    }

    @Test("tells what it got and gives it back when it is closed")
    func getAndGiveBack() async {
        let gateway = FakeGateway([.conflict, grant("11.22.33.21:50000")])
        let mapper = Mapper(request, gateways: [{ gateway }])
        var events = mapper.events.makeAsyncIterator()
        #expect(await events.next() == .mapped(mapping("11.22.33.21:50000")))
        await mapper.close()
        #expect(await events.next() == nil)
        #expect(gateway.released == [50000])
        #expect(gateway.asks.count == 2)
    }

    @Test("reports each method by itself, and ends when all have failed")
    func allFail() async {
        let absent = FakeGateway([], absent: .noRouter)
        let closed = FakeGateway([.failed(.notAuthorized)])
        let mapper = Mapper(request, gateways: [{ absent }, { closed }])
        var seen: Set<Mapper.Event> = []
        for await event in mapper.events { seen.insert(event) }
        #expect(seen == [.failed(.upnp, .noRouter), .failed(.upnp, .notAuthorized)])
        #expect(absent.asks.isEmpty)
        #expect(closed.released.isEmpty)
    }

    @Test("with no method at all ends at once")
    func noMethods() async {
        let mapper = Mapper(request, methods: [])
        for await event in mapper.events { Issue.record("\(event)") }
        await mapper.close()
    }

    @Test("is closed in time although a router hangs")
    func hangingRouter() async {
        let hold = DispatchSemaphore(value: 0)
        let gateway = FakeGateway([grant()]) { hold.wait() }
        let mapper = Mapper(request, gateways: [{ gateway }], patienceToClose: .milliseconds(20))
        for await event in mapper.events {
            #expect(event == .mapped(mapping("11.22.33.21:5000")))
            break
        }
        await mapper.close()  // the time limit of the suite would tell
        await mapper.close()
        hold.signal()
    }

    @Test("that is dropped gives back what it had")
    func dropped() async {
        let (released, announce) = AsyncStream<Void>.makeStream()
        let gateway = FakeGateway([grant()]) { announce.yield() }
        do {
            let mapper = Mapper(request, gateways: [{ gateway }])
            for await event in mapper.events {
                #expect(event == .mapped(mapping("11.22.33.21:5000")))
                break
            }
        }
        for await _ in released { break }
        #expect(gateway.released == [5000])
    }

    @Test("does not ask IPv6 networks for a mapping", arguments: MappingMethod.allCases)
    func ipv6(_ method: MappingMethod) async {
        let mapper = Mapper(
            MappingRequest(internalAddress: address("[2001:db8::1]:5000"), transport: .udp), methods: [method])
        var seen: [Mapper.Event] = []
        for await event in mapper.events { seen.append(event) }
        #expect(seen == [.failed(method, .notIPv4)])
    }
}
