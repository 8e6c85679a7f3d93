import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

@Suite("Mobility between two machines")
struct HandOverTests {
    @Test("a ticket of another machine's is handed on, and its allocation arrives whole")
    func betweenMachines() throws {
        var (first, second) = (makeMachine(), makeMachine())
        var roamer = try Roamer(&first)
        let old = "\(roamer.client.fiveTuple.client)"
        second.host.elsewhere = [roamer.id]
        try roamer.move(to: "8.8.3.3:7", &second)
        let request = roamer.refresh()
        #expect(
            roamer.client.exchange(request, &second)
                == [.mobility(.forward(request, from: roamer.client.fiveTuple, of: roamer.id))])
        roamer.ticket = try roamer.newTicket(try answer(roamer.client.exchange(request, &first)))
        _ = roamer.client.exchange(try roamer.data([1]), &first)
        let taken = first.handOver(roamer.client.fiveTuple)
        let moved = try #require(taken)
        #expect(moved.ports == [roamer.port] && moved.client == roamer.client.fiveTuple)
        #expect(first.allocationCount == 0 && first.host.quotas.total == 1 && first.host.open.count == 1)
        #expect(try roamer.reached(&first) == nil)

        let port = RelayedPort(rawValue: 3)
        second.host.elsewhere = []
        second.host.open[port] = roamer.relayed
        second.host.homes = first.host.homes
        second.adopt(moved, ports: [port], at: .zero)
        second.receiveFromPeer([1], from: Roamer.peer, on: port, at: .zero)
        #expect(drain(&second) == [.toClient(roamer.client.fiveTuple, try roamer.data([1]))])
        #expect(roamer.client.exchange(try roamer.data([2]), &second) == [.toPeer(port, Roamer.peer, [2])])
        // The retransmission, the next move and the end in time are there as well.
        _ = try roamer.newTicket(try roamer.client.ask(request, &second, at: .at(10)))
        try roamer.move(to: old, &second, at: .at(10))
        _ = try roamer.newTicket(try answer(roamer.client.exchange(roamer.refresh(), &second, at: .at(10))))
        #expect(second.nextDeadline.map { $0 <= .at(300) } == true)
        second.handleTimeout(at: .at(700))
        #expect(second.allocationCount == 0 && second.host.open.isEmpty)
    }

    @Test("an address that cannot be taken over is given up, and with the last one the allocation")
    func failedAdoption() throws {
        var (first, second) = (makeMachine(), makeMachine())
        let roamer = try Roamer(&first, [AdditionalAddressFamily(.ipv6)])
        let taken = first.handOver(roamer.client.fiveTuple)
        let moved = try #require(taken)
        second.host.quotas = first.host.quotas
        #expect(second.host.quotas.total == 2)
        second.adopt(moved, ports: [nil, RelayedPort(rawValue: 3)], at: .zero)
        #expect(second.allocationCount == 1 && second.host.quotas.total == 1)
        #expect(second.tableSizes(of: roamer.client.fiveTuple, at: .zero)?.channels == 0)
        let rest = second.handOver(roamer.client.fiveTuple)
        second.adopt(try #require(rest), ports: [nil], at: .zero)
        #expect(second.allocationCount == 0 && second.host.quotas.total == 0)
    }

    @Test("a five-tuple that has an allocation here gets no other one from elsewhere")
    func takenFiveTuple() throws {
        var (first, second) = (makeMachine(), makeMachine())
        let roamer = try Roamer(&first)
        second.host.elsewhere = [roamer.id]
        var other = HandClient("8.8.3.3:7")
        try other.allocate(&second)
        #expect(try other.code(.refresh, [roamer.ticket], &second) == 437)
        #expect(second.allocationCount == 1)
    }

    @Test("the routes follow the client, from five-tuple to five-tuple and from machine to machine")
    func forwarding() throws {
        func changes(_ machine: inout Machine) -> [ForwardingChange] {
            var changes: [ForwardingChange] = []
            while let change = machine.nextForwardingChange() { changes.append(change) }
            return changes
        }
        var (first, second) = (makeMachine(), makeMachine())
        var roamer = try Roamer(&first)
        let old = roamer.client.fiveTuple
        let channel = try #require(ChannelNumber(rawValue: Roamer.channel))
        try roamer.move(to: "8.8.3.3:7", &first)
        _ = roamer.client.exchange(roamer.refresh(), &first)
        guard case .set(let before)? = changes(&first).last else { throw HandClient.NoAnswer() }
        #expect(before.client == PackedAddress(old.client))
        _ = roamer.client.exchange(try roamer.data([1]), &first)
        let moved = changes(&first)
        #expect(moved.first == .remove(old, channel))
        guard moved.count == 2, case .set(let after) = moved[1] else { throw HandClient.NoAnswer() }
        #expect(after.client == PackedAddress(roamer.client.fiveTuple.client) && after.port == before.port)
        let taken = first.handOver(roamer.client.fiveTuple)
        #expect(changes(&first) == [.remove(roamer.client.fiveTuple, channel)])
        second.adopt(try #require(taken), ports: [RelayedPort(rawValue: 3)], at: .zero)
        guard case .set(let adopted)? = changes(&second).first else { throw HandClient.NoAnswer() }
        #expect(adopted.client == after.client && adopted.port == 3)
    }
}
