@testable import ConnectService
import NetPrimitives
import PortMapping
import Synchronization
import Testing

@Suite("The router's door", .timeLimit(.minutes(1)))
struct RouterDoorTests {
    private let base = address("192.168.1.10:5000")

    /// A door to a router that answers as `answers` says, and what it tells.
    private func door(_ answers: [Answer]) -> (door: RouterDoor, told: AsyncStream<String>, router: ScriptedRouter) {
        let (told, continuation) = AsyncStream.makeStream(of: String.self)
        let router = ScriptedRouter(answers)
        let door = RouterDoor(
            for: [base, address("127.0.0.1:5000"), address("[fe80::1]:5000")],
            makeMapper: { request, _ in Mapper(request, gateways: [{ router }]) }
        ) { external, base in
            continuation.yield("\(external) leads to \(base)")
        } noticed: {
            continuation.yield($0.sentence)
        }
        return (door, told, router)
    }

    private func grant(_ external: String) -> Answer { .granted(Grant(external: address(external), lifetime: .seconds(600))) }

    @Test("a port is told of before it is proven; one that leads nowhere is made anew, and that one is told of")
    func deadPort() async {
        let (door, told, router) = door([grant("11.22.33.21:5000"), grant("11.22.33.21:50001")])
        var words = told.makeAsyncIterator()
        #expect(await words.next() == "11.22.33.21:5000 leads to 192.168.1.10:5000")
        door.prove { $0.external.port == 5000 ? .unreached : .reached }
        #expect(await words.next() == "the router says that port 5000 is open, but nobody gets in by it")
        #expect(await words.next() == "11.22.33.21:50001 leads to 192.168.1.10:5000")
        await door.close()
        #expect(router.released == [5000, 50001])
        #expect(door.findings.map(\.kind) == [.unreachable])
    }

    @Test("a prover that never answers delays neither the port nor the end")
    func slowProver() async {
        let (door, told, router) = door([grant("11.22.33.21:5000")])
        door.prove { _ in
            try? await Task.sleep(for: .seconds(3600))
            return .untested
        }
        var words = told.makeAsyncIterator()
        #expect(await words.next() == "11.22.33.21:5000 leads to 192.168.1.10:5000")
        await door.close()
        #expect(router.released == [5000])
        #expect(door.findings.isEmpty)
    }

    @Test("networks behind another NAT are recognised, and said", arguments: [
        (.granted(Grant(external: address("100.64.0.2:5000"), lifetime: .seconds(600))), "carrier-grade NAT"),
        (.granted(Grant(external: address("192.168.7.2:5000"), lifetime: .seconds(600))), "behind another router"),
        (.failed(.noExternalAddress), "no public address"), (.failed(.addressMismatch), "another router stands between"),
    ] as [(Answer, String)])
    func doubleNAT(_ answer: Answer, _ part: String) async {
        let (door, told, _) = door([answer])
        var words = told.makeAsyncIterator()
        let sentence = await words.next()
        #expect(sentence?.contains(part) == true, "\(sentence ?? "nothing")")
        await door.close()
        #expect(door.findings.count == 1)
    }

    @Test("a router that is not where the internet sees us is behind another one")
    func elsewhere() async {
        let (door, told, _) = door([grant("11.22.33.21:5000")])
        door.prove { _ in .elsewhere(address("11.22.33.44:0").ip) }
        var words = told.makeAsyncIterator()
        _ = await words.next()
        #expect(
            await words.next()
                == "the router says that it is 11.22.33.21, but the internet sees 11.22.33.44: another router stands between")
        await door.close()
    }

    @Test("that is dropped has its ports closed")
    func dropped() async {
        let (closed, announce) = AsyncStream.makeStream(of: Void.self)
        let router = ScriptedRouter([grant("11.22.33.21:5000")], whenReleased: { announce.yield() })
        do {
            let (told, continuation) = AsyncStream.makeStream(of: Void.self)
            let door = RouterDoor(for: [base], makeMapper: { request, _ in Mapper(request, gateways: [{ router }]) }) { _, _ in
                continuation.yield()
            } noticed: { _ in
            }
            _ = await told.first { true }
            #expect(door.findings.isEmpty)
        }
        _ = await closed.first { true }
        #expect(router.released == [5000])
    }

    @Test("what is opened, or has to be proven, after the end is not tried from outside")
    func proverAfterTheEnd() async {
        let (door, told, _) = door([grant("11.22.33.21:5000")])
        _ = await told.first { _ in true }
        await door.close()
        let (tried, continuation) = AsyncStream.makeStream(of: Void.self)
        door.prove { _ in
            continuation.yield()
            return .reached
        }
        // A proof would have begun by now: it is a task of its own, as this one is.
        for _ in 0..<1000 { await Task.yield() }
        continuation.finish()
        for await _ in tried { Issue.record("it was tried") }
    }
}

@Suite("The router's door in another network", .timeLimit(.minutes(1)))
struct MovedRouterDoorTests {
    private let home = address("192.168.1.10:5000"), cafe = address("10.0.0.7:5001")

    private func grant(_ external: String) -> Answer { .granted(Grant(external: address(external), lifetime: .seconds(600))) }

    /// A door to one router for each address of ours, and what it tells.
    private func door(
        for base: TransportAddress, _ routers: [TransportAddress: ScriptedRouter],
        routes: @escaping @Sendable (IPAddress.Family) -> [DefaultRoute] = { _ in [] }
    ) -> (door: RouterDoor, told: AsyncStream<String>) {
        let (told, continuation) = AsyncStream.makeStream(of: String.self)
        let door = RouterDoor(
            for: [base],
            makeMapper: { request, _ in
                Mapper(request, gateways: routers[request.internalAddress].map { router in [{ router }] } ?? [])
            },
            routes: routes
        ) { external, base in
            continuation.yield("\(external) leads to \(base)")
        } noticed: {
            continuation.yield($0.sentence)
        }
        return (door, told)
    }

    @Test("the port of an address that went is given back, and the router of the new one is asked")
    func follows() async {
        let (given, announce) = AsyncStream.makeStream(of: Void.self)
        let routers = [
            home: ScriptedRouter([grant("11.22.33.21:5000")], at: home, whenReleased: { announce.yield() }),
            cafe: ScriptedRouter([grant("11.22.33.44:5001")], at: cafe),
        ]
        let (door, told) = door(for: home, routers)
        var words = told.makeAsyncIterator()
        #expect(await words.next() == "11.22.33.21:5000 leads to 192.168.1.10:5000")
        door.follow([cafe])
        _ = await given.first { true }
        #expect(await words.next() == "11.22.33.44:5001 leads to 10.0.0.7:5001")
        #expect(routers[home]?.released == [5000])
        #expect(routers[cafe]?.released == [])
        await door.close()
        #expect(routers[cafe]?.released == [5001])
    }

    @Test("what is open in the new network is tried from outside, too")
    func proves() async {
        let routers = [
            home: ScriptedRouter([grant("11.22.33.21:5000")], at: home),
            cafe: ScriptedRouter([grant("11.22.33.44:5001"), grant("11.22.33.44:50001")], at: cafe),
        ]
        let (door, told) = door(for: home, routers)
        var words = told.makeAsyncIterator()
        _ = await words.next()
        door.prove { $0.external.port == 5001 ? .unreached : .reached }
        door.follow([cafe])
        #expect(await words.next() == "11.22.33.44:5001 leads to 10.0.0.7:5001")
        #expect(await words.next() == "the router says that port 5001 is open, but nobody gets in by it")
        #expect(await words.next() == "11.22.33.44:50001 leads to 10.0.0.7:5001")
        await door.close()
    }

    @Test("an address that stays keeps its port, and nothing is asked twice")
    func stays() async {
        let routers = [home: ScriptedRouter([grant("11.22.33.21:5000")], at: home)]
        let (door, told) = door(for: home, routers)
        var words = told.makeAsyncIterator()
        _ = await words.next()
        for _ in 0..<10 { door.follow([home, cafe]) }
        door.lookAgain()
        await door.close()
        #expect(routers[home]?.asked == 1)
        #expect(routers[home]?.released == [5000])
    }

    @Test("where there was no way out when the router was looked for, it is looked for again when there is one")
    func lateRoute() async {
        let (found, announce) = AsyncStream.makeStream(of: Void.self)
        let hasRoute = Mutex(false)
        let router = ScriptedRouter([grant("11.22.33.21:5000")], at: home, isThere: {
            let isThere = hasRoute.withLock { $0 }
            if !isThere { announce.yield() }
            return isThere
        })
        let route = DefaultRoute(gateway: .v4(0xC0A8_0101), interface: "eth0", metric: 0)
        let (door, told) = door(for: home, [home: router], routes: { _ in hasRoute.withLock { $0 } ? [route] : [] })
        _ = await found.first { true }
        door.lookAgain()  // nothing is new
        hasRoute.withLock { $0 = true }
        door.lookAgain()  // or it has not ended yet, and notices then
        var words = told.makeAsyncIterator()
        #expect(await words.next() == "11.22.33.21:5000 leads to 192.168.1.10:5000")
        await door.close()
    }

    @Test("networks that come and go quickly keep no more than sixteen ports busy, and the last one has its own in the end")
    func bounded() async {
        let made = Mutex(0)
        let stuck = Mutex<[StuckRouter]>([])
        let last = ScriptedRouter([grant("11.22.33.44:5001")], at: cafe)
        let (told, continuation) = AsyncStream.makeStream(of: TransportAddress.self)
        let cafe = cafe
        let door = RouterDoor(
            for: [],
            makeMapper: { request, _ in
                made.withLock { $0 += 1 }
                if request.internalAddress == cafe { return Mapper(request, gateways: [{ last }]) }
                let router = StuckRouter()
                stuck.withLock { $0.append(router) }
                return Mapper(request, gateways: [{ router }], patienceToClose: .seconds(3600))
            }
        ) { external, _ in
            continuation.yield(external)
        } noticed: { _ in
        }
        for network in 0..<40 { door.follow([TransportAddress(ip: .v4(0x0A00_0100 + UInt32(network)), port: 5000)]) }
        #expect(made.withLock { $0 } == RouterDoor.portLimit)
        door.follow([cafe])
        #expect(made.withLock { $0 } == RouterDoor.portLimit)
        for router in stuck.withLock({ $0 }) { router.answer() }
        #expect(await told.first { _ in true } == address("11.22.33.44:5001"))
        await door.close()
    }
}

@Suite("The router's door where PCP opens no port", .timeLimit(.minutes(1)))
struct RefusedRouterDoorTests {
    private let base = address("192.168.1.10:5000"), peer = address("11.22.33.44:6000")

    /// A door to a router that says `refusal` to whoever wants to be reached by everybody, and tells where one peer sees us.
    private func door(
        _ refusal: Answer, asked: AsyncStream<TransportAddress>.Continuation? = nil
    ) -> (door: RouterDoor, told: AsyncStream<String>, router: ScriptedRouter) {
        let (told, continuation) = AsyncStream.makeStream(of: String.self)
        let router = ScriptedRouter([refusal])
        let door = RouterDoor(
            for: [base],
            makeMapper: { request, records in
                guard let remote = request.remote else { return Mapper(request, gateways: [{ router }]) }
                #expect(records == nil)
                asked?.yield(remote)
                let external = TransportAddress(ip: address("11.22.33.21:0").ip, port: remote.port + 1)
                let answer = Answer.granted(Grant(external: external, lifetime: .seconds(120)))
                return Mapper(request, gateways: [{ ScriptedRouter([answer]) }])
            },
            seen: { external, base, remote in continuation.yield("\(remote) sees \(base) as \(external)") }
        ) { external, base in
            continuation.yield("\(external) leads to \(base)")
        } noticed: {
            continuation.yield($0.sentence)
        }
        return (door, told, router)
    }

    @Test("it is asked where the peer sees us, whether the peer was there before or comes later", arguments: [
        .failed(.notAuthorized), .later(.outOfResources, after: .seconds(3600)),
        .failed(.refused(code: 4, reason: "PCP UNSUPP_OPCODE")),
    ] as [Answer])
    func asked(_ refusal: Answer) async {
        let (door, told, _) = door(refusal)
        door.meets(peer)
        var words = told.makeAsyncIterator()
        #expect(await words.next() == "11.22.33.44:6000 sees 192.168.1.10:5000 as 11.22.33.21:6001")
        door.meets(peer)  // is nothing new
        door.meets(address("11.22.33.44:7000"))
        #expect(await words.next() == "11.22.33.44:7000 sees 192.168.1.10:5000 as 11.22.33.21:7001")
        await door.close()
    }

    @Test("nobody is asked where a port is open, where no router answers, or about addresses that are not on the internet")
    func notAsked() async {
        let (asked, continuation) = AsyncStream.makeStream(of: TransportAddress.self)
        let isOpen = door(.granted(Grant(external: address("11.22.33.21:5000"), lifetime: .seconds(600))), asked: continuation)
        _ = await isOpen.told.first { _ in true }
        let isEmpty = door(.failed(.noRouter), asked: continuation)
        let isRefused = door(.failed(.notAuthorized), asked: continuation)
        for door in [isOpen.door, isEmpty.door] { door.meets(peer) }
        for text in ["192.168.7.1:6000", "[2001:db8::2]:6000", "127.0.0.1:6000", "224.0.0.1:6000"] {
            isRefused.door.meets(address(text))
        }
        isRefused.door.meets(address("11.22.33.45:6000"))
        #expect(await isRefused.told.first { _ in true } == "11.22.33.45:6000 sees 192.168.1.10:5000 as 11.22.33.21:6001")
        for door in [isOpen.door, isEmpty.door, isRefused.door] { await door.close() }
        continuation.finish()
        var all: [TransportAddress] = []
        for await remote in asked { all.append(remote) }
        #expect(all == [address("11.22.33.45:6000")])
    }

    @Test("a peer that names address after address has it asked about some, and no more")
    func bounded() async {
        let (asked, continuation) = AsyncStream.makeStream(of: TransportAddress.self)
        let (door, told, _) = door(.failed(.notAuthorized), asked: continuation)
        door.meets(peer)
        _ = await told.first { _ in true }
        for number in 0..<1000 { door.meets(TransportAddress(ip: .v4(0x0B16_0000 + UInt32(number)), port: 6000)) }
        await door.close()
        door.meets(address("11.22.33.45:6000"))
        continuation.finish()
        var count = 0
        for await _ in asked { count += 1 }
        #expect(count == RouterDoor.Peers.totalLimit)
    }
}

/// Does not answer until it is told to, and then that nobody is there.
private final class StuckRouter: Gateway, Sendable {
    let method = MappingMethod.upnp
    let internalAddress = address("192.168.1.10:5000")
    let router: String? = nil
    private let bell = Bell()

    func answer() { bell.ring() }
    func find() throws(MappingFailure) {
        bell.wait(for: .seconds(3600))
        throw .noRouter
    }
    func answer(to ask: Ask) -> Answer { .failed(.noRouter) }
    func release(externalPort: UInt16) -> Release { .unanswered }
}

/// Answers from a script, and remembers what it was told to close.
private final class ScriptedRouter: Gateway, Sendable {
    let method = MappingMethod.pcp
    let internalAddress: TransportAddress
    let router: String? = "a fake"
    private let script: Mutex<[Answer]>
    private let closed = Mutex<[UInt16]>([])
    private let asks = Mutex(0)

    private let isThere: @Sendable () -> Bool
    private let whenReleased: @Sendable () -> Void

    init(
        _ script: [Answer], at internalAddress: TransportAddress = address("192.168.1.10:5000"),
        isThere: @escaping @Sendable () -> Bool = { true }, whenReleased: @escaping @Sendable () -> Void = {}
    ) {
        self.script = Mutex(script)
        self.internalAddress = internalAddress
        self.isThere = isThere
        self.whenReleased = whenReleased
    }

    var released: [UInt16] { closed.withLock { $0 } }
    var asked: Int { asks.withLock { $0 } }

    func find() throws(MappingFailure) { if !isThere() { throw .noRouter } }
    func answer(to ask: Ask) -> Answer {
        asks.withLock { $0 += 1 }
        return script.withLock { $0.isEmpty ? .failed(.noRouter) : $0.removeFirst() }
    }
    func release(externalPort: UInt16) -> Release {
        closed.withLock { $0.append(externalPort) }
        whenReleased()
        return .closed
    }
}
