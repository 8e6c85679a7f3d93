import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

@Suite("Mobility (RFC 8016)")
struct MobilityTests {
    @Test("a ticket is given to who asks for one, and to nobody else")
    func ticketIsAskedFor() throws {
        var machine = makeMachine()
        var other = HandClient("8.8.4.4:1")
        #expect(try !other.allocate(&machine).contains(.mobilityTicket))
        #expect(try !other.ask(other.request(.refresh), &machine).contains(.mobilityTicket))
        var roamer = try Roamer(&machine)
        // coturn's client library keeps 32 octets, as a C string.
        #expect(roamer.ticket.octets.count == 32 && !roamer.ticket.octets.contains(0))
        #expect("\(roamer.ticket)".contains("redacted"))
        let refreshed = try roamer.newTicket(try roamer.client.ask(roamer.client.request(.refresh), &machine))
        #expect(refreshed.octets.count == 32)
    }

    @Test("a ticket in an Allocate, mobility that is off, and a TCP allocation are refused")
    func refusedAllocations() throws {
        var machine = makeMachine()
        var client = HandClient()
        try client.learnNonce(&machine)
        #expect(try client.code(.allocate, [RequestedTransport(.udp), MobilityTicket([1])], &machine) == 400)
        var off = RelayConfiguration(
            realm: "ra-relay", users: UserDirectory(passwords: ["alice": "secret"]), peerPolicy: PeerPolicy())
        off.servesMobility = false
        var stream = HandClient(transport: .tcp)
        try stream.learnNonce(&machine)
        #expect(try stream.code(.allocate, [RequestedTransport(.tcp), MobilityTicket()], &machine) == 405)
        machine.reconfigure(off, at: .zero)
        #expect(try client.code(.allocate, [RequestedTransport(.udp), MobilityTicket()], &machine) == 405)
        #expect(machine.allocationCount == 0)
        #expect(try client.code(.allocate, [RequestedTransport(.udp)], &machine) == nil)
    }

    @Test("the old five-tuple works until data comes from the new one, then the new one alone", arguments: [false, true])
    func moves(isIndication: Bool) throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine)
        let old = roamer.client
        try roamer.move(to: "8.8.3.3:7", &machine)
        let outputs = roamer.client.exchange(roamer.refresh(), &machine)
        #expect(outputs.first == .mobility(.arriving(roamer.client.fiveTuple, of: roamer.id)))
        let fresh = try roamer.newTicket(try answer(outputs))
        #expect(fresh != roamer.ticket)
        // Both are heard, the old one is told.
        #expect(try roamer.reached(&machine) == old.fiveTuple)
        #expect(old.exchange(try roamer.data([2]), &machine) == [.toPeer(roamer.port, Roamer.peer, [2])])
        #expect(try roamer.client.permit([TransportAddress(literal: "8.8.8.9:1")], &machine) == nil)
        #expect(try roamer.reached(&machine) == old.fiveTuple)
        let data = isIndication ? roamer.client.sendIndication([3], to: Roamer.peer) : try roamer.data([3])
        #expect(
            roamer.client.exchange(data, &machine) == [
                .mobility(.moved(roamer.client.fiveTuple, from: old.fiveTuple)), .toPeer(roamer.port, Roamer.peer, [3]),
            ])
        #expect(try roamer.reached(&machine) == roamer.client.fiveTuple)
        #expect(old.exchange(try roamer.data([4]), &machine).isEmpty)
        var late = old
        #expect(try late.code(.refresh, [], &machine) == 437)
        #expect(machine.allocationCount == 1 && machine.host.quotas.total == 1)
        // The five-tuple that it left may allocate, also for the same client.
        #expect(try late.code(.allocate, [RequestedTransport(.udp)], &machine) == nil)
    }

    @Test("a Refresh that is sent again gets an answer again, before and after the data, for 40 seconds")
    func retransmission() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine)
        try roamer.move(to: "8.8.3.3:7", &machine)
        let request = roamer.refresh()
        _ = try roamer.newTicket(try answer(roamer.client.exchange(request, &machine)))
        let again = try roamer.newTicket(try roamer.client.ask(request, &machine, at: .at(1)))
        _ = roamer.client.exchange(try roamer.data([3]), &machine, at: .at(2))
        _ = try roamer.newTicket(try roamer.client.ask(request, &machine, at: .at(39.5)))
        #expect(try roamer.client.ask(request, &machine, at: .at(40))[ErrorCode.self]?.code == 400)
        // What came with the second answer is as good as what came with the first.
        try roamer.move(to: "8.8.3.3:8", &machine, at: .at(50))
        roamer.ticket = again
        _ = try roamer.newTicket(try answer(roamer.client.exchange(roamer.refresh(), &machine, at: .at(50))))
    }

    @Test("an old ticket is spent once the client was heard from where it moved to")
    func spent() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine)
        try roamer.move(to: "8.8.3.3:7", &machine)
        _ = roamer.client.exchange(roamer.refresh(), &machine)
        _ = roamer.client.exchange(try roamer.data([3]), &machine)
        try roamer.move(to: "8.8.3.3:8", &machine)
        #expect(try roamer.client.ask(roamer.refresh(), &machine)[ErrorCode.self]?.code == 400)
    }

    @Test("a client whose answer was lost moves on with the ticket that it has, and what is late changes nothing")
    func lostAnswer() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine)
        let old = roamer.client.fiveTuple
        try roamer.move(to: "8.8.3.3:7", &machine)
        let (lost, first) = (roamer.refresh(), roamer.client)
        _ = first.exchange(lost, &machine)
        try roamer.move(to: "8.8.3.3:8", &machine)
        let outputs = roamer.client.exchange(roamer.refresh(), &machine)
        #expect(
            outputs.prefix(2) == [
                .mobility(.left(first.fiveTuple, of: roamer.id)),
                .mobility(.arriving(roamer.client.fiveTuple, of: roamer.id)),
            ])
        #expect(!machine.isMoving(first.fiveTuple) && machine.isMoving(roamer.client.fiveTuple))
        #expect(try first.ask(lost, &machine)[ErrorCode.self]?.code == 400)
        #expect(machine.isMoving(roamer.client.fiveTuple))
        #expect(try roamer.reached(&machine) == old)
        _ = roamer.client.exchange(try roamer.data([1]), &machine)
        #expect(try roamer.reached(&machine) == roamer.client.fiveTuple)
    }

    @Test("who is where it was, has an allocation there, or shows something else than a ticket is refused")
    func refusedMoves() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine)
        #expect(try roamer.client.ask(roamer.refresh(), &machine)[ErrorCode.self]?.code == 400)
        var other = HandClient("8.8.3.3:1")
        try other.allocate(&machine)
        #expect(try other.code(.refresh, [roamer.ticket], &machine) == 437)
        try roamer.move(to: "8.8.3.3:7", &machine)
        for wrong in [[], [0], Array(repeating: 0, count: roamer.ticket.octets.count), roamer.ticket.octets + [0]] {
            #expect(try roamer.client.code(.refresh, [MobilityTicket(wrong)], &machine) == 400)
        }
        for index in roamer.ticket.octets.indices {
            var octets = roamer.ticket.octets
            octets[index] ^= 1
            #expect(try roamer.client.code(.refresh, [MobilityTicket(octets)], &machine) == 400)
        }
        #expect(!machine.isMoving(roamer.client.fiveTuple))
    }

    @Test("a ticket is nothing without the password of who allocated")
    func stolen() throws {
        var machine = makeMachine()
        let roamer = try Roamer(&machine)
        var thief = HandClient("8.8.3.3:7")
        (thief.username, thief.password) = ("bob", "hunter2")
        try thief.learnNonce(&machine)
        #expect(try thief.code(.refresh, [roamer.ticket], &machine) == 441)
        thief.username = "alice"
        #expect(try thief.ask(thief.request(.refresh, [roamer.ticket]), &machine)[ErrorCode.self]?.code == 401)
        #expect(!machine.isMoving(thief.fiveTuple))
    }

    @Test("the key that an allocation was made with moves it, also when the credential has expired")
    func expiredCredential() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine)
        machine.reconfigure(RelayConfiguration(realm: "ra-relay", users: UserDirectory(), peerPolicy: PeerPolicy()), at: .zero)
        try roamer.move(to: "8.8.3.3:7", &machine)
        _ = try roamer.newTicket(try answer(roamer.client.exchange(roamer.refresh(), &machine)))
    }

    @Test("mobility that is switched off refuses what was given before")
    func switchedOff() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine)
        var off = RelayConfiguration(
            realm: "ra-relay", users: UserDirectory(passwords: ["alice": "secret"]), peerPolicy: PeerPolicy())
        off.servesMobility = false
        machine.reconfigure(off, at: .zero)
        try roamer.move(to: "8.8.3.3:7", &machine)
        #expect(try roamer.client.ask(roamer.refresh(), &machine)[ErrorCode.self]?.code == 405)
    }

    @Test("the ticket of what has ended is a mismatch; a ticket that is a day old is no ticket")
    func ended() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine)
        var keeper = roamer.client
        try roamer.move(to: "8.8.3.3:7", &machine, at: .at(601))
        #expect(try roamer.client.ask(roamer.refresh(), &machine, at: .at(601))[ErrorCode.self]?.code == 437)
        machine.handleTimeout(at: .at(601))
        #expect(try roamer.client.ask(roamer.refresh(), &machine, at: .at(601))[ErrorCode.self]?.code == 437)

        machine = makeMachine()
        roamer = try Roamer(&machine)
        for halfHour in 0...48 {
            let now = Instant.at(Double(halfHour) * 1800)
            try keeper.learnNonce(&machine, at: now)
            #expect(try keeper.code(.refresh, [Lifetime(3600)], &machine, at: now) == nil)
        }
        try roamer.move(to: "8.8.3.3:7", &machine, at: .at(86_400))
        #expect(try roamer.client.ask(roamer.refresh(), &machine, at: .at(86_400))[ErrorCode.self]?.code == 400)
    }

    @Test("a move deletes with LIFETIME 0, and waits no longer than the allocation lives")
    func deletedWhileMoving() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine)
        try roamer.move(to: "8.8.3.3:7", &machine)
        let gone = try roamer.client.ask(roamer.refresh([Lifetime(0)]), &machine)
        #expect(gone[Lifetime.self]?.value == 0 && !gone.contains(.mobilityTicket))
        #expect(machine.allocationCount == 0 && machine.host.quotas.total == 0 && machine.host.homes.isEmpty)

        roamer = try Roamer(&machine)
        try roamer.move(to: "8.8.3.3:7", &machine)
        _ = roamer.client.exchange(roamer.refresh(), &machine)
        machine.handleTimeout(at: .at(601))
        #expect(drain(&machine) == [.mobility(.left(roamer.client.fiveTuple, of: roamer.id))])
        #expect(!machine.isMoving(roamer.client.fiveTuple) && machine.host.open.isEmpty)
        #expect(roamer.client.exchange(try roamer.data([1]), &machine, at: .at(601)).isEmpty)
    }

    @Test("data from where a client moved to revives nothing that has ended")
    func tooLate() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine)
        try roamer.move(to: "8.8.3.3:7", &machine)
        _ = roamer.client.exchange(roamer.refresh(), &machine)
        #expect(roamer.client.exchange(try roamer.data([1]), &machine, at: .at(601)).isEmpty)
        let again = roamer.client.request(.allocate, [RequestedTransport(.udp)])
        #expect(try answer(roamer.client.exchange(again, &machine, at: .at(601))).messageClass == .successResponse)
        machine.handleTimeout(at: .at(602))
        #expect(machine.allocationCount == 1 && machine.host.quotas.total == 1)
    }

    @Test("of two addresses the one that is left is enough to move with")
    func dualAllocation() throws {
        var machine = makeMachine()
        var roamer = try Roamer(&machine, [AdditionalAddressFamily(.ipv6)])
        let old = roamer.client
        try roamer.move(to: "8.8.3.3:7", &machine)
        roamer.ticket = try roamer.newTicket(try answer(roamer.client.exchange(roamer.refresh(), &machine)))
        var keeper = old
        let ended = old.exchange(keeper.request(.refresh, [RequestedAddressFamily(.ipv4), Lifetime(0)]), &machine)
        roamer.ticket = try roamer.newTicket(try answer(ended))
        try roamer.move(to: "8.8.3.3:8", &machine)
        _ = try roamer.newTicket(try answer(roamer.client.exchange(roamer.refresh(), &machine)))
    }

    @Test("however often clients move, each waits in one place, and nothing is left behind", arguments: 1...6 as ClosedRange<UInt64>)
    func bound(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var machine = makeMachine()
        var roamer = try Roamer(&machine)
        var places = [roamer.client.fiveTuple]
        for step in 0..<200 {
            let now = Instant.at(Double(step))
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                try roamer.move(to: "8.8.3.\(Int.random(in: 1...9, using: &random)):7", &machine, at: now)
                places.append(roamer.client.fiveTuple)
                let reply = try answer(roamer.client.exchange(roamer.refresh(), &machine, at: now))
                // It may be there already. Half of the answers are lost.
                if let ticket = reply[MobilityTicket.self], Bool.random(using: &random) || machine.isMoving(roamer.client.fiveTuple) {
                    roamer.ticket = ticket
                }
            case 2: _ = roamer.client.exchange(try roamer.data([1]), &machine, at: now)
            default: _ = try roamer.reached(&machine, at: now)
            }
            #expect(Set(places).count(where: { machine.isMoving($0) }) <= 1, "seed \(seed)")
            #expect(machine.allocationCount == 1 && machine.host.quotas.total == 1, "seed \(seed)")
        }
        machine.handleTimeout(at: .at(2000))
        #expect(!places.contains { machine.isMoving($0) } && machine.allocationCount == 0)
        #expect(machine.host.open.isEmpty && machine.host.homes.isEmpty)
    }
}
