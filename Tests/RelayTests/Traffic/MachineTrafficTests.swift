import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

@Suite("Limits of traffic, on the machine's ways")
struct MachineTrafficTests {
    private let peer = TransportAddress(literal: "1.1.1.1:9000")

    /// A machine where each allocation has one packet a second, and one at once.
    private func machine(_ change: (inout TrafficLimits) -> Void = { $0.perAllocation.packets = 1 }) -> Machine {
        var machine = makeMachine()
        machine.reconfigure(configuration(change), at: .zero)
        return machine
    }

    private func configuration(_ change: (inout TrafficLimits) -> Void) -> RelayConfiguration {
        var configuration = RelayConfiguration(
            realm: "ra-relay", users: UserDirectory(passwords: ["alice": "secret"], secrets: []),
            peerPolicy: PeerPolicy(ownAddresses: [FakeHost.ipv4]))
        configuration.traffic = .none
        change(&configuration.traffic)
        return configuration
    }

    private func allocate(_ client: inout HandClient, _ machine: inout Machine, at now: Instant = .zero) throws -> RelayedPort {
        let answer = try client.allocate(&machine, at: now, [Lifetime(3600)])
        return RelayedPort(rawValue: Int(try #require(answer[XORRelayedAddress.self]).address.port))
    }

    /// The ways that the machine relays by.
    enum Way: CaseIterable {
        case sendIndication, dataIndication, channelDataOfStream, channelDataToStream, toOwnAddress
    }

    @Test(
        "on every way a packet beyond the limit is dropped and counted; when there is room again, the next one goes",
        arguments: Way.allCases)
    func ways(way: Way) throws {
        var machine = machine()
        var client = HandClient(transport: way == .channelDataOfStream || way == .channelDataToStream ? .tcp : .udp)
        let port = try allocate(&client, &machine)
        var other = HandClient("8.8.4.9:9")
        let own = TransportAddress(ip: FakeHost.ipv4, port: UInt16(try allocate(&other, &machine).rawValue))
        #expect(try client.permit([peer], &machine) == nil)
        #expect(try client.permit([own], &machine) == nil)
        #expect(try client.bind(0x4000, peer, &machine) == nil)
        let elsewhere = TransportAddress(ip: peer.ip, port: 1)
        func relay(at now: Instant) -> Int {
            switch way {
            case .sendIndication: return client.exchange(client.sendIndication([1], to: peer), &machine, at: now).count
            case .toOwnAddress: return client.exchange(client.sendIndication([1], to: own), &machine, at: now).count
            case .channelDataOfStream: return client.exchange([0x40, 0, 0, 1, 9, 0, 0, 0], &machine, at: now).count
            case .dataIndication: machine.receiveFromPeer([1], from: elsewhere, on: port, at: now)
            case .channelDataToStream: machine.receiveFromPeer([1], from: peer, on: port, at: now)
            }
            return drain(&machine).count
        }
        #expect((0..<10).map { _ in relay(at: .zero) }.reduce(0, +) == 2, "a second's worth, and the one that is too much")
        #expect(machine.counters.dropped[.bandwidth] == 8 && machine.counters.dropped.total == 8)
        #expect(machine.counters.relayedPackets.total == 2 && machine.counters.relayedBytes.total == 2)
        #expect(relay(at: .at(1.1)) == 1 && relay(at: .at(1.2)) == 0)
        #expect(try client.code(.refresh, [Lifetime(600)], &machine, at: .at(1.2)) == nil, "requests are not what is relayed")
    }

    @Test("what has no permission, no channel or no room in an indication is dropped for that, and uses up nothing")
    func otherReasons() throws {
        var machine = machine()
        var client = HandClient()
        let port = try allocate(&client, &machine)
        for _ in 0..<5 {
            #expect(client.exchange(client.sendIndication([1], to: peer), &machine).isEmpty)
            #expect(client.exchange([0x40, 0, 0, 1, 9], &machine).isEmpty)
            machine.receiveFromPeer([1], from: peer, on: port, at: .zero)
        }
        #expect(try client.permit([peer], &machine) == nil)
        machine.receiveFromPeer(Array(repeating: 0, count: 65_500), from: peer, on: port, at: .zero)
        #expect(drain(&machine).isEmpty)
        #expect(machine.counters.dropped[.bandwidth] == 0 && machine.counters.dropped[.tooLarge] == 1)
        #expect(client.exchange(client.sendIndication([1], to: peer), &machine).count == 1)
    }

    @Test("a user's limit is over all allocations of that user, and both directions count")
    func user() throws {
        var machine = machine { $0.perUser.bytes = 1000 }
        var clients = (1...4).map { HandClient("8.8.4.4:\($0)") }
        var sent = 0
        for index in clients.indices {
            let port = try allocate(&clients[index], &machine)
            #expect(try clients[index].permit([peer], &machine) == nil)
            for _ in 0..<10 {
                let payload = [UInt8](repeating: 1, count: 50)
                sent += clients[index].exchange(clients[index].sendIndication(payload, to: peer), &machine).count
                machine.receiveFromPeer(payload, from: peer, on: port, at: .zero)
                sent += drain(&machine).count
            }
        }
        #expect((20...22).contains(sent), "\(sent) of 80 of 50 bytes")
    }

    @Test("a reload changes the limit of what is there")
    func reload() throws {
        var machine = machine()
        var client = HandClient()
        _ = try allocate(&client, &machine)
        #expect(try client.permit([peer], &machine) == nil)
        func goes(at now: Instant) -> Int {
            (0..<100).map { _ in client.exchange(client.sendIndication([1], to: peer), &machine, at: now).count }.reduce(0, +)
        }
        #expect(goes(at: .zero) == 2)
        var configuration = RelayConfiguration(
            realm: "ra-relay", users: UserDirectory(passwords: ["alice": "secret"], secrets: []), peerPolicy: PeerPolicy())
        configuration.traffic.perAllocation.packets = 50
        machine.reconfigure(configuration, at: .zero)
        #expect((50...52).contains(goes(at: .at(2))))
    }

    @Test("each end of an allocation gives its user's budget back: deleted, expired, disconnected, handed over")
    func givesBack() throws {
        var machine = machine()
        var other = machine
        #expect(other.traffic === machine.traffic)
        other = self.machine()
        var clients = [HandClient("8.8.4.4:1"), HandClient("8.8.4.4:2", transport: .tcp), HandClient("8.8.4.4:3"), HandClient("8.8.4.4:4")]
        for index in clients.indices { _ = try allocate(&clients[index], &machine) }
        // Each from the full again, when the former are gone: what is held is what lives.
        for (index, count) in zip(clients.indices, [3, 2, 1, 0]) {
            switch index {
            case 0: #expect(try clients[0].code(.refresh, [Lifetime(0)], &machine) == nil)
            case 1: machine.connectionClosed(clients[1].fiveTuple)
            case 2:
                let handedOver = machine.handOver(clients[2].fiveTuple)
                let moved = try #require(handedOver)
                other.adopt(moved, ports: moved.ports, at: .zero)
                #expect(other.host.traffic.isHeld("alice"))
            default: machine.handleTimeout(at: .at(4000))
            }
            _ = drain(&machine)
            #expect(machine.allocationCount == count)
            #expect(machine.host.traffic.isHeld("alice") == (count > 0))
        }
    }

    @Test("a reload with other limits forgives what the host keeps as well; one with the same forgives nothing")
    func forgiven() {
        var machine = machine { $0.perUser.bytes = 1 }
        let rate = TrafficLimits.Rate(bytes: 1, packets: 0)
        let away = machine.host.traffic.take("away", at: .zero)
        machine.host.traffic.release("away")
        #expect(away.admits(bytes: 1000, rate, at: .zero) && !away.admits(bytes: 1, rate, at: .at(10)))
        machine.reconfigure(configuration { $0.perUser.bytes = 1 }, at: .at(10))
        #expect(!away.admits(bytes: 1, rate, at: .at(10)))
        machine.reconfigure(configuration { $0.perUser.bytes = 2 }, at: .at(10))
        #expect(away.admits(bytes: 1, rate, at: .at(10)))
    }
}
