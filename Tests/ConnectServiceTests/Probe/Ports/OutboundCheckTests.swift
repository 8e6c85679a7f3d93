import ConnectService
import NetPrimitives
import STUN
import Synchronization
import Testing

/// Long enough for any answer on loopback, however busy this machine is.
private let patience = Duration.seconds(60)
/// Short enough to wait for where none comes.
private let impatience = Duration.seconds(1)

/// What a check says that waits until its time is over: with more of it while this machine is too busy for `isIt` to come true.
private func outcome(
    until isIt: (Outbound) -> Bool = { $0.name != "unanswered" }, of check: (Duration) async -> Outbound
) async -> Outbound {
    for patience in [impatience, impatience * 5] {
        let outcome = await check(patience)
        if isIt(outcome) { return outcome }
    }
    return await check(impatience * 25)
}

@Suite("The way out over TCP")
struct TCPCheckTests {
    private func check(_ remote: TransportAddress, _ patience: Duration = patience) async -> Outbound {
        await TCPCheck(loop: FakeServer.loop, patience: patience).run(to: remote)
    }

    @Test("a relay's answer is open, with the address that it saw")
    func open() async throws {
        let server = try await FakeServer.tcp(.relay(description: nil))
        let outbound = await check(server.address)
        #expect(outbound.isOpen)
        #expect(outbound.reflexive?.ip == .loopbackV4)
        await server.close()
    }

    @Test(
        "somebody else's answer is blocked, and said whose",
        arguments: [
            (TCPBehaviour.says("HTTP/1.1 403 Forbidden\r\n\r\n"), Stranger.http.sentence),
            (.says("SSH-2.0-x\r\n"), Stranger.unknown.sentence),
            (.wrongTransaction, Stranger.stun.sentence),
            (.resets, "It connects, and is closed or reset when the relay is asked for."),
        ])
    func strangers(_ behaviour: TCPBehaviour, _ why: String) async throws {
        let server = try await FakeServer.tcp(behaviour)
        #expect(await check(server.address) == .blocked(why: why))
        await server.close()
    }

    @Test("a closed port is blocked")
    func refused() async throws {
        #expect(await check(try await FakeServer.closedPort()).name == "blocked")
    }

    @Test("a port that swallows is unanswered")
    func silent() async throws {
        let server = try await FakeServer.tcp(.swallows)
        let connects = Outbound.unanswered(why: "It connects, but nobody answers.")
        #expect(await outcome(until: { $0 == connects }) { await check(server.address, $0) } == connects)
        await server.close()
    }
}

@Suite("The way out over UDP")
struct UDPCheckTests {
    @Test("a relay's answer is open, with the address that it saw")
    func open() async throws {
        let server = try await FakeServer.udp { bindingAnswer(to: $0, reflexive: $1) }
        let outbound = await UDPCheck(patience: patience).run(to: server.address)
        #expect(outbound.isOpen)
        #expect(outbound.reflexive?.ip == .loopbackV4)
        await server.close()
    }

    @Test("a lost request is sent again")
    func retransmission() async throws {
        let counter = Counter()
        let server = try await FakeServer.udp { counter.next() < 2 ? nil : bindingAnswer(to: $0, reflexive: $1) }
        #expect(await UDPCheck(patience: patience).run(to: server.address).isOpen)
        // Two were lost. The answer to the third may cross with a fourth, where the server is slow to be woken.
        #expect(counter.count >= 3)
        await server.close()
    }

    @Test("a closed port's ICMP error is blocked")
    func refused() async throws {
        let server = try await FakeServer.udp { _, _ in nil }
        await server.close()
        #expect(await UDPCheck(patience: patience).run(to: server.address).name == "blocked")
    }

    @Test("silence is unanswered")
    func silent() async throws {
        let server = try await FakeServer.udp { _, _ in nil }
        #expect(
            await UDPCheck(patience: impatience).run(to: server.address)
                == .unanswered(why: "Nothing came back within 1 s."))
        await server.close()
    }

    @Test("a stranger's datagram does not hide the relay's, and is told when nothing else comes")
    func stranger() async throws {
        let counter = Counter()
        let mixed = try await FakeServer.udp { request, asker in
            counter.next() == 0 ? Array("hello".utf8) : bindingAnswer(to: request, reflexive: asker)
        }
        #expect(await UDPCheck(patience: patience).run(to: mixed.address).isOpen)
        await mixed.close()
        let other = try await FakeServer.udp { _, _ in Array("hello".utf8) }
        #expect(await outcome { await UDPCheck(patience: $0).run(to: other.address) } == .blocked(why: Stranger.unknown.sentence))
        await other.close()
    }
}

final class Counter: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }

    /// 0, 1, 2…
    func next() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}
