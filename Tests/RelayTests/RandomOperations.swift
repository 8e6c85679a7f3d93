import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport

/// Where a run's next step comes from: a seeded generator in the tests, libFuzzer's input in Tests/Fuzzing.
protocol ChoiceSource {
    mutating func number(_ range: ClosedRange<Int>) -> Int
}

extension SplitMix64: ChoiceSource {
    mutating func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }
}

/// A relay's machine, and clients that do whatever `choices` says, in any order.
struct RandomOperations<Choices: ChoiceSource> {
    var machine = makeMachine()
    var clients: [HandClient]
    var choices: Choices
    var now = Instant.zero
    /// Connections with peers that were named, some of them long gone.
    var ids = [ConnectionID(1)]
    /// Tickets that were given, most of them spent.
    private var tickets = [MobilityTicket()]
    /// The first thing that was not as it must be.
    private(set) var complaint: String?

    init(_ choices: Choices) {
        self.choices = choices
        machine.host.quotas = QuotaLedger(limits: .init(perUser: 6, total: 9))
        clients = [
            HandClient("8.8.4.4:1"), HandClient("8.8.4.4:2"), HandClient("[2600::2]:3"),
            HandClient("8.8.4.4:4", transport: .tcp), HandClient("8.8.4.4:5", transport: .tcp),
        ]
        clients[1].username = "bob"
        clients[1].password = "hunter2"
        clients[4].algorithm = .sha256
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { choices.number(range) }
    private mutating func coin() -> Bool { number(0...1) == 1 }

    private mutating func peer() -> TransportAddress {
        let peers = [
            "1.1.1.1:9", "1.1.1.1:10", "1.0.0.1:0", "10.0.0.1:9", "9.9.9.9:50002", "9.9.9.9:50003", "[2600::1]:9",
            "[2600::9]:50003", "[fe80::1]:1", "[64:ff9b::101:101]:9", "[::ffff:1.1.1.1]:9", "[2001::1]:1",
        ]
        return TransportAddress(literal: peers[number(0...peers.count - 1)])
    }

    /// Attributes that belong to some request or other, well-formed and not.
    private mutating func attribute() -> any Attribute {
        switch number(0...17) {
        case 0: Lifetime([0, 1, 700, .max][number(0...3)])
        case 1: RequestedAddressFamily(number: UInt8(number(0...3)))
        case 2: AdditionalAddressFamily(number: UInt8(number(1...2)))
        case 3: EvenPort(reservesNext: coin())
        case 4: ReservationToken(UInt64(number(0...3)))
        case 5: DontFragment()
        case 6: XORPeerAddress(peer())
        case 7: DataAttribute([1, 2, 3])
        case 8: ChannelNumber(rawValue: UInt16(number(0x4000...0x4003))) ?? ChannelNumber(rawValue: 0x4000)!
        case 9: WrongSize<Lifetime>()
        case 10: WrongSize<XORPeerAddress>()
        case 11: WrongSize<AdditionalAddressFamily>()
        case 12: Unknown()
        case 13: ICMP(type: 3, code: 3, mtu: 0, family: .ipv4)
        case 14: XORRelayedAddress(peer())
        case 15: RequestedTransport(number: coin() ? 17 : 6)
        case 16: ErrorCode(401, "no")
        default: Nonce("obMatJos2AAAAxxxx")
        }
    }

    private mutating func attributes(_ count: Int) -> [any Attribute] { (0..<count).map { _ in attribute() } }

    /// One operation, and a look at the books after it.
    mutating func step() {
        let index = number(0...clients.count - 1)
        switch number(0...21) {
        case 14: request(index, .allocate, [RequestedTransport(.tcp)])
        case 15: request(index, .connect, [XORPeerAddress(peer())])
        case 16: request(index, .connectionBind, [ids[number(0...ids.count - 1)]])
        case 17:
            let id = ids[number(0...ids.count - 1)]
            switch number(0...2) {
            case 0: machine.peerConnected(id, at: now)
            case 1: machine.peerConnectionFailed(id)
            default: machine.peerConnectionClosed(id)
            }
        case 18:
            let port = RelayedPort(rawValue: number(49_999...50_040))
            if let id = machine.peerArrived(peer(), on: port, at: now) { ids.append(id) }
        case 19:
            let ticket = tickets[number(max(0, tickets.count - 3)...tickets.count - 1)]
            request(index, .refresh, [ticket] + attributes(number(0...1)))
        case 20:
            if coin() { machine.connectionOpened(clients[index].fiveTuple) } else { handOver(clients[index].fiveTuple) }
        case 21: request(index, .allocate, [RequestedTransport(.udp), MobilityTicket()])
        case 0...1:
            let more = coin() ? [] : coin() ? [AdditionalAddressFamily(.ipv6)] : attributes(number(1...3))
            request(index, .allocate, [RequestedTransport(.udp)] + more)
        case 2: request(index, .refresh, attributes(number(0...2)))
        case 3...4: request(index, .createPermission, (0...number(0...2)).map { _ in XORPeerAddress(peer()) })
        case 5: request(index, .channelBind, [ChannelNumber(rawValue: UInt16(number(0x4000...0x4003)))!, XORPeerAddress(peer())])
        case 6: request(index, [.allocate, .refresh, .createPermission, .channelBind][number(0...3)], attributes(number(0...6)))
        case 7: deliver(clients[index].sendIndication([1], to: peer(), attributes(number(0...1))), index)
        case 8: deliver([0x40, UInt8(number(0...4)), 0, UInt8(number(0...3)), 1, 2], index)
        case 9: machine.receiveFromPeer([1, 2], from: peer(), on: RelayedPort(rawValue: number(49_999...50_040)), at: now)
        case 10:
            let peer = peer()
            let error = ICMP(type: UInt8(number(0...255)), code: UInt8(number(0...9)), mtu: 1, family: peer.family)
            machine.receiveICMP(error, about: peer, on: RelayedPort(rawValue: number(49_999...50_040)), at: now)
        case 11: now += .seconds(number(0...400))
        case 12: machine.handleTimeout(at: now)
        default: machine.connectionClosed(clients[index].fiveTuple)
        }
        drainAll()
        let books = (open: machine.host.open.count, charged: machine.host.quotas.total)
        demand(books.open == books.charged, "\(books.open) ports are open and \(books.charged) are charged")
        let allocations = machine.allocationCount
        demand(allocations <= books.charged && books.charged <= 9, "\(allocations) allocations, \(books.charged) charged")
        let connections = (own: machine.peerConnectionCount, registered: machine.host.connections.count)
        demand(connections.own == connections.registered, "\(connections) are not the same")
    }

    /// Long after the last operation nothing is left.
    mutating func finish() {
        now += .seconds(4000)
        machine.handleTimeout(at: now)
        machine.host.sweepReservations(at: now)
        drainAll()
        demand(machine.allocationCount == 0 && machine.host.quotas.total == 0, "an allocation is left")
        demand(machine.host.connections.count == 0, "a connection with a peer is left")
        demand(machine.nextDeadline == nil, "a deadline is left")
        demand(machine.host.homes.isEmpty, "a mobile allocation's place is left")
        demand(!clients.contains { machine.isMoving($0.fiveTuple) }, "a move is left")
    }

    private mutating func demand(_ condition: Bool, _ otherwise: @autoclosure () -> String) {
        if !condition && complaint == nil { complaint = otherwise() }
    }

    /// To another machine and back, which may have no room for it.
    private mutating func handOver(_ client: FiveTuple) {
        guard machine.tableSizes(of: client, at: now) != nil, !machine.isMoving(client),
            let moved = machine.handOver(client)
        else { return }
        let ports: [RelayedPort?] = moved.ports.map { port in
            if coin() { return port }
            machine.host.close(port)
            return nil
        }
        machine.adopt(moved, ports: ports, at: now)
    }

    private mutating func request(_ index: Int, _ method: STUN.Method, _ attributes: [any Attribute]) {
        deliver(clients[index].request(method, attributes), index)
    }

    private mutating func deliver(_ bytes: [UInt8], _ index: Int) {
        var bytes = bytes
        if number(0...20) == 0 { bytes[number(0...bytes.count - 1)] ^= UInt8(number(1...255)) }
        machine.receive(bytes, from: clients[index].fiveTuple, at: now, wallClock: HandClient.wallClock)
    }

    /// Also lets clients learn the nonces of their challenges.
    private mutating func drainAll() {
        for output in drain(&machine) {
            if case .stream(.connect(let id, _, _)) = output { ids.append(id) }
            guard case .toClient(let fiveTuple, let bytes) = output, !ChannelData.looksLike(bytes) else { continue }
            guard let message = try? Message(decoding: bytes) else {
                demand(false, "the machine sent what is no message: \(bytes)")
                continue
            }
            if let ticket = message[MobilityTicket.self] { tickets.append(ticket) }
            guard let nonce = message[Nonce.self], let index = clients.firstIndex(where: { $0.fiveTuple == fiveTuple })
            else { continue }
            clients[index].nonce = nonce.text
        }
    }
}
