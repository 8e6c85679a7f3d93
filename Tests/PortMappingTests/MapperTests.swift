import Foundation
import NetPrimitives
import PortMapping
import Synchronization
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
        let gateway = FakeGateway([grant()], whenReleased: { hold.wait() })
        let mapper = Mapper(request, gateways: [{ gateway }], patienceToClose: .milliseconds(20))
        for await event in mapper.events {
            #expect(event == .mapped(mapping("11.22.33.21:5000")))
            break
        }
        await mapper.close()  // the time limit of the suite would tell
        await mapper.close()
        hold.signal()
    }

    @Test("in a network that may be another one the router is asked at once whether it knows the port, and for it if it does not")
    func checks() async {
        let isForgotten = Mutex(false)
        let gateway = FakeGateway([grant(), grant("11.22.33.99:5000")], whenChecked: {
            isForgotten.withLock { $0 } ? .restarted : .rested
        })
        let mapper = Mapper(request, gateways: [{ gateway }])
        var events = mapper.events.makeAsyncIterator()
        #expect(await events.next() == .mapped(mapping("11.22.33.21:5000")))
        mapper.check()
        isForgotten.withLock { $0 = true }
        mapper.check()
        #expect(await events.next() == .mapped(mapping("11.22.33.99:5000")))
        await mapper.close()
        #expect(gateway.asks.count == 2)
    }

    @Test("asks by PCP alone where one peer sees us")
    func onePeer() async {
        var request = request
        request.remote = address("11.22.33.44:6000")
        request.gateway = address("127.6.9.9:0").ip  // where nobody is
        let mapper = Mapper(request)
        var seen: [Mapper.Event] = []
        for await event in mapper.events { seen.append(event) }
        #expect(seen == [.failed(.pcp, .noRouter)])
    }

    @Test("that is dropped gives back what it had")
    func dropped() async {
        let (released, announce) = AsyncStream<Void>.makeStream()
        let gateway = FakeGateway([grant()], whenReleased: { announce.yield() })
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

    @Test("does not ask IPv6 networks for a mapping by NAT-PMP")
    func ipv6() async {
        let mapper = Mapper(
            MappingRequest(internalAddress: address("[2001:db8::1]:5000"), transport: .udp), methods: [.natPMP])
        var seen: [Mapper.Event] = []
        for await event in mapper.events { seen.append(event) }
        #expect(seen == [.failed(.natPMP, .notIPv4)])
    }

    @Test("a router that hangs does not delay another method's answer")
    func slowRouter() async {
        let hold = DispatchSemaphore(value: 0)
        let slow = FakeGateway([grant("11.22.33.21:6000")], whenFound: { hold.wait() })
        let quick = FakeGateway([grant("11.22.33.21:5000")])
        let mapper = Mapper(request, gateways: [{ slow }, { quick }])
        var events = mapper.events.makeAsyncIterator()
        #expect(await events.next() == .mapped(mapping("11.22.33.21:5000")))
        hold.signal()
        await mapper.close()
        #expect(slow.asks.isEmpty, "one mapping is enough")
        #expect(quick.released == [5000])
    }

    @Test("a router that lies, or has a private address, does not win against one that works", arguments: [
        grant("0.0.0.0:5000"), grant("10.0.0.2:5000"), .failed(.notAuthorized), .later(.outOfResources, after: .seconds(9)),
    ])
    func badRouter(_ answer: Answer) async {
        let bad = FakeGateway([answer])
        let asked = DispatchSemaphore(value: 0)
        let good = FakeGateway([grant("11.22.33.21:5000")], whenFound: { asked.wait() })
        let mapper = Mapper(request, gateways: [{ bad }, { good }])
        for await event in mapper.events {
            if event == .mapped(mapping("11.22.33.21:5000")) { break }
            asked.signal()  // the bad one has had its say
        }
        await mapper.close()
        #expect(bad.asks.count == 1)
        #expect(good.released == [5000])
        if answer == grant("10.0.0.2:5000") { #expect(bad.released == [5000]) }
    }

    @Test("what leads nowhere is closed and made anew")
    func disproved() async {
        let gateway = FakeGateway([grant("11.22.33.21:5000"), grant("11.22.33.21:50001")])
        let mapper = Mapper(request, gateways: [{ gateway }])
        var seen: [Mapper.Event] = []
        for await event in mapper.events {
            seen.append(event)
            if seen.count == 1 { mapper.proved(address("11.22.33.21:5000"), isReachable: false) }
            if seen.count == 3 { break }
        }
        #expect(seen == [.mapped(mapping("11.22.33.21:5000")), .lost(.upnp, .unreachable), .mapped(mapping("11.22.33.21:50001"))])
        await mapper.close()
        #expect(gateway.released == [5000, 50001])
    }

    @Test("with the aim to learn what each can do, each opens a port")
    func each() async {
        let first = FakeGateway([grant("11.22.33.21:5000")])
        let second = FakeGateway([grant("11.22.33.21:6000")])
        let mapper = Mapper(request, gateways: [{ first }, { second }], aim: .each)
        var seen: Set<Mapper.Event> = []
        for await event in mapper.events {
            seen.insert(event)
            if seen.count == 2 { break }
        }
        #expect(seen == [.mapped(mapping("11.22.33.21:5000")), .mapped(mapping("11.22.33.21:6000"))])
        await mapper.close()
        #expect(first.released + second.released == [5000, 6000])
    }
}
