import NetPrimitives
import Relay
import STUN
import TURN
import Testing

@Suite("Mobility of clients over streams")
struct MovingStreamTests {
    @Test("a stream that closes leaves its allocation to the ticket; a new one on its five-tuple does not find it")
    func streams() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine, transport: .tcp)
        let old = roamer.client.fiveTuple
        machine.connectionClosed(old)
        #expect(machine.allocationCount == 1)
        try roamer.move(to: "8.8.3.3:7", transport: .tcp, &machine)
        let outputs = roamer.client.exchange(roamer.refresh(), &machine)
        roamer.ticket = try roamer.newTicket(try answer(outputs))
        // There is nobody where it was: it need not send anything to be heard.
        #expect(outputs.contains(.mobility(.moved(roamer.client.fiveTuple, from: old))))
        #expect(try roamer.reached(&machine) == roamer.client.fiveTuple)

        machine.connectionClosed(roamer.client.fiveTuple)
        machine.connectionOpened(roamer.client.fiveTuple)
        #expect(machine.allocationCount == 0 && machine.host.quotas.total == 0)
    }

    @Test("a stream that closes leaves no route, and the next one gets one")
    func routes() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine, transport: .tcp)
        let old = roamer.client.fiveTuple
        func changes() -> [ForwardingChange] {
            var changes: [ForwardingChange] = []
            while let change = machine.nextForwardingChange() { changes.append(change) }
            return changes
        }
        let channel = try #require(ChannelNumber(rawValue: Roamer.channel))
        guard case .set(let route)? = changes().last else { throw HandClient.NoAnswer() }
        #expect(route.client.isStreamClient && route.client == PackedAddress(clientOf: old))
        machine.connectionClosed(old)
        #expect(changes() == [.remove(old, channel)])
        try roamer.move(to: "8.8.3.3:7", transport: .tcp, &machine)
        _ = roamer.client.exchange(roamer.refresh(), &machine)
        guard case .set(let next)? = changes().last else { throw HandClient.NoAnswer() }
        #expect(next.client == PackedAddress(clientOf: roamer.client.fiveTuple))
    }

    @Test("a stream that closes after the client moved is as good as data")
    func streamClosesAfterMove() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine, transport: .tcp)
        let old = roamer.client.fiveTuple
        try roamer.move(to: "8.8.3.3:7", &machine)
        _ = roamer.client.exchange(roamer.refresh(), &machine)
        #expect(try roamer.reached(&machine) == old)
        machine.connectionClosed(old)
        #expect(drain(&machine) == [.mobility(.moved(roamer.client.fiveTuple, from: old))])
        #expect(try roamer.reached(&machine) == roamer.client.fiveTuple)
    }

    @Test("a stream that a client moved to and that closes leaves it where it was")
    func newStreamCloses() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine)
        let old = roamer.client.fiveTuple
        try roamer.move(to: "8.8.3.3:7", transport: .tcp, &machine)
        _ = roamer.client.exchange(roamer.refresh(), &machine)
        machine.connectionClosed(roamer.client.fiveTuple)
        #expect(drain(&machine) == [.mobility(.left(roamer.client.fiveTuple, of: roamer.id))])
        #expect(try roamer.reached(&machine) == old)
        // And it may try again.
        try roamer.move(to: "8.8.3.3:8", transport: .tcp, &machine)
        _ = try roamer.newTicket(try answer(roamer.client.exchange(roamer.refresh(), &machine)))
    }
}
