import NetPrimitives
import PortMapping
import Testing

@Suite("A PCP client")
struct PCPClientTests {
    private let server = address("192.168.1.1:5351")

    private func client(seed: UInt64 = 1) throws -> PCPClient {
        PCPClient(
            server: server, client: address("192.168.1.10:0").ip, nonce: try #require(nonce), transport: .udp,
            internalPort: 5000, random: SeededGenerator(state: seed))
    }

    private func asking(_ question: PCPClient.Question = .map(suggested: address("0.0.0.0:6000"), lifetime: .seconds(600)))
        throws -> PCPClient
    {
        var client = try client()
        client.ask(question, patience: .seconds(60), at: .zero)
        _ = client.nextTransmit()
        return client
    }

    private func second(_ count: Int64) -> Instant { .zero + .seconds(count) }

    @Test("asks, and believes the answer")
    func granted() throws {
        var client = try client()
        client.ask(.map(suggested: address("0.0.0.0:6000"), lifetime: .seconds(600)), patience: .seconds(60), at: .zero)
        let datagram = client.nextTransmit()
        let sent = try #require(datagram)
        #expect(sent.destination == server)
        #expect(sent.payload.count == 60)
        #expect(client.nextTransmit() == nil)
        client.receive(mapResponse(), from: server, at: second(1))
        #expect(client.nextEvent() == .granted(Grant(external: address("11.22.33.21:6000"), lifetime: .seconds(600))))
        #expect(client.nextEvent() == nil)
        #expect(client.nextDeadline == nil)
    }

    @Test("is a server there? Any answer to ANNOUNCE says so", arguments: [0, 4, 2] as [UInt8])
    func announce(_ result: UInt8) throws {
        var client = try asking(.announce)
        client.receive(announceResponse(epoch: 7, result: result), from: server, at: .zero)
        #expect(client.nextEvent() == .present)
    }

    @Test("deletes with lifetime 0")
    func delete() throws {
        var client = try client()
        client.ask(.delete, patience: .seconds(1), at: .zero)
        let datagram = client.nextTransmit()
        let sent = try #require(datagram).payload
        #expect(sent[4..<8] == [0, 0, 0, 0])
        #expect(Array(sent[42...]) == bytes("0000 00000000 00000000 0000ffff 00000000"), "no port, and no IPv4 address")
        client.receive(mapResponse(lifetime: 0), from: server, at: .zero)
        #expect(client.nextEvent() == .deleted)
    }

    @Test("PEER wants its own peer in the answer")
    func peer() throws {
        let remote = address("11.22.33.44:3478")
        var client = try asking(.peer(remote: remote, suggested: address("0.0.0.0:0"), lifetime: .seconds(120)))
        client.receive(peerResponse(to: "0b16212d"), from: server, at: .zero)
        #expect(client.nextEvent() == nil)
        client.receive(peerResponse(to: "0b16212c"), from: server, at: .zero)
        #expect(client.nextEvent() == .granted(Grant(external: address("11.22.33.21:6000"), lifetime: .seconds(600))))
    }

    @Test("takes an answer from the router alone", arguments: ["192.168.1.2:5351", "192.168.1.1:5350", "[::1]:5351"])
    func foreignSource(_ source: String) throws {
        var client = try asking()
        client.receive(mapResponse(), from: address(source), at: .zero)
        client.receive([0, 0x81, 0, 1, 0, 0, 0, 9], from: address(source), at: .zero)
        #expect(client.nextEvent() == nil)
        #expect(client.isAsking)
    }

    @Test("knows the router when a dual-stack socket names it as an IPv4-mapped address")
    func mappedSource() throws {
        var client = try asking()
        client.receive(mapResponse(), from: address("[::ffff:192.168.1.1]:5351"), at: .zero)
        #expect(client.nextEvent() != nil)
    }

    @Test("takes no answer to another question", arguments: [
        mapResponse(nonce: "01 02 03 04 05 06 07 08 09 0a 0b 0d"), mapResponse(transport: "06"),
        mapResponse(internalPort: "1389"), announceResponse(epoch: 9), [2, 0x81], mapResponse() + [1, 0, 0, 9],
        mapResponse(result: 2, nonce: "ff 02 03 04 05 06 07 08 09 0a 0b 0c"),
    ])
    func foreignAnswer(_ datagram: [UInt8]) throws {
        var client = try asking()
        client.receive(datagram, from: server, at: .zero)
        #expect(client.nextEvent() == nil)
        #expect(client.isAsking)
    }

    @Test("an answer that nobody waits for changes nothing")
    func unasked() throws {
        var client = try client()
        client.receive(mapResponse(), from: server, at: .zero)
        client.receive([0, 0x81, 0, 1, 0, 0, 0, 9], from: server, at: .zero)
        #expect(client.nextEvent() == nil)
    }

    @Test("a router of NAT-PMP alone says so", arguments: [
        ([0, 0x81, 0, 1, 0, 0, 0, 9], 0), ([1, 0x81, 0, 1] + [UInt8](repeating: 0, count: 20), 1),
        (mapResponse(result: 1), 2),
    ] as [([UInt8], UInt8)])
    func otherVersion(_ datagram: [UInt8], _ version: UInt8) throws {
        var client = try asking()
        client.receive(datagram, from: server, at: .zero)
        #expect(client.nextEvent() == .otherVersion(version))
    }

    @Test("sends again after 3 s, then twice as long, a tenth more or less each time", arguments: 1...8 as ClosedRange<UInt64>)
    func retransmission(seed: UInt64) throws {
        var client = try client(seed: seed)
        client.ask(.announce, patience: .seconds(4000), at: .zero)
        let first = client.nextTransmit()
        var last = Instant.zero
        var gaps: [Duration] = []
        while gaps.count < 20 {
            let deadline = try #require(client.nextDeadline)
            gaps.append(deadline - last)
            last = deadline
            client.handleTimeout(at: deadline)
            guard let again = client.nextTransmit() else { break }
            #expect(again == first, "the same request, octet by octet")
        }
        #expect(client.nextEvent() == .silent)
        #expect(gaps[0] >= .milliseconds(2700) && gaps[0] <= .milliseconds(3300), "seed \(seed)")
        for (shorter, longer) in zip(gaps, gaps.dropFirst().dropLast()) {
            #expect(longer >= min(shorter * 2, .seconds(1024)) * 9 / 10, "seed \(seed)")
            #expect(longer <= min(shorter * 2, .seconds(1024)) * 11 / 10, "seed \(seed)")
        }
    }

    @Test("gives up when nobody waits any longer, and not before")
    func silence() throws {
        var client = try client()
        client.ask(.announce, patience: .milliseconds(800), at: .zero)
        #expect(client.nextDeadline == Instant.zero + .milliseconds(800))
        client.handleTimeout(at: .zero + .milliseconds(799))
        #expect(client.nextEvent() == nil)
        client.handleTimeout(at: .zero + .milliseconds(800))
        #expect(client.nextEvent() == .silent)
        client.receive(announceResponse(epoch: 1), from: server, at: second(1))
        #expect(client.nextEvent() == nil)
    }

    @Test("tells a refusal with the time for which it holds, half an hour at most", arguments: [
        (8, 30, 30), (7, 0, 0), (2, 1800, 1800), (2, UInt32.max, 1800),
    ] as [(UInt8, UInt32, Int64)])
    func refusals(_ code: UInt8, _ said: UInt32, _ believed: Int64) throws {
        var client = try asking()
        client.receive(mapResponse(result: code, lifetime: said), from: server, at: .zero)
        #expect(client.nextEvent() == .refused(PCPResultCode(rawValue: code), retryAfter: .seconds(believed)))
    }

    @Test("believes no lifetime of more than a day")
    func longLifetime() throws {
        var client = try asking()
        client.receive(mapResponse(lifetime: .max), from: server, at: .zero)
        #expect(client.nextEvent() == .granted(Grant(external: address("11.22.33.21:6000"), lifetime: .seconds(86400))))
    }

    @Test("tells that the router has lost its memory, before what it answers")
    func restart() throws {
        var client = try asking()
        client.receive(mapResponse(epoch: 5000), from: server, at: .zero)
        _ = client.nextEvent()
        client.ask(.announce, patience: .seconds(1), at: second(300))
        client.receive(announceResponse(epoch: 3), from: server, at: second(300))
        #expect(client.nextEvent() == .restarted)
        #expect(client.nextEvent() == .present)
    }

    @Test("hears a restart announced, from the router's address alone, once for a flood of them")
    func announced() throws {
        var client = try asking()
        client.receive(mapResponse(epoch: 5000), from: server, at: .zero)
        _ = client.nextEvent()
        client.receiveAnnouncement(announceResponse(epoch: 1), from: address("192.168.1.9:5351"), at: second(60))
        client.receiveAnnouncement(announceResponse(epoch: 1, result: 3), from: server, at: second(60))
        client.receiveAnnouncement(mapResponse(epoch: 1), from: server, at: second(60))
        client.receiveAnnouncement([2, 0x80], from: server, at: second(60))
        client.receiveAnnouncement(announceResponse(epoch: 5060), from: server, at: second(60))
        #expect(client.nextEvent() == nil)
        for epoch in [1, 900, 2] as [UInt32] {
            client.receiveAnnouncement(announceResponse(epoch: epoch), from: address("192.168.1.1:40000"), at: second(61))
        }
        #expect(client.nextEvent() == .restarted)
        #expect(client.nextEvent() == nil)
    }

    @Test("survives any sequence of datagrams and times", arguments: 1...6 as ClosedRange<UInt64>)
    func anySequence(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        var client = try client(seed: seed)
        var now = Instant.zero
        let datagrams = [
            mapResponse(), mapResponse(result: 8), mapResponse(lifetime: 0), announceResponse(epoch: 4), [0, 0x81, 0, 1],
            mapResponse(epoch: .max), [],
        ]
        for _ in 0..<3000 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                let questions: [PCPClient.Question] = [
                    .announce, .map(suggested: address("0.0.0.0:1"), lifetime: .seconds(Int64.max)),
                    .delete, .peer(remote: server, suggested: server, lifetime: .zero),
                ]
                client.ask(questions[Int.random(in: 0..<4, using: &random)], patience: .seconds(9), at: now)
            case 1:
                now = max(client.nextDeadline ?? now, now)
                client.handleTimeout(at: now)
            case 2:
                client.receiveAnnouncement(datagrams.randomElement(using: &random) ?? [], from: server, at: now)
            default:
                client.receive(datagrams.randomElement(using: &random) ?? [], from: server, at: now)
            }
            now += .milliseconds(Int64.random(in: 0...5000, using: &random))
            while client.nextTransmit() != nil {}
            while client.nextEvent() != nil {}
            #expect(client.isAsking == (client.nextDeadline != nil), "seed \(seed)")
        }
    }
}
