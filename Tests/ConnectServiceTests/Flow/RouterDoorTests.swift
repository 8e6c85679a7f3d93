import ConnectService
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

/// Answers from a script, and remembers what it was told to close.
private final class ScriptedRouter: Gateway, Sendable {
    let method = MappingMethod.pcp
    let internalAddress = address("192.168.1.10:5000")
    let router: String? = "a fake"
    private let script: Mutex<[Answer]>
    private let closed = Mutex<[UInt16]>([])

    private let whenReleased: @Sendable () -> Void

    init(_ script: [Answer], whenReleased: @escaping @Sendable () -> Void = {}) {
        self.script = Mutex(script)
        self.whenReleased = whenReleased
    }

    var released: [UInt16] { closed.withLock { $0 } }

    func find() throws(MappingFailure) {}
    func answer(to ask: Ask) -> Answer { script.withLock { $0.isEmpty ? .failed(.noRouter) : $0.removeFirst() } }
    func release(externalPort: UInt16) -> Release {
        closed.withLock { $0.append(externalPort) }
        whenReleased()
        return .closed
    }
}
