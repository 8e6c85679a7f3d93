import NetPrimitives
import Relay
import TURN

/// A machine with thousands of allocations, a channel each, and the routes that it tells its data plane. The allocations
/// were asked for by our own client, with a challenge and credentials.
final class BusyRelay {
    /// One client's channel to one peer.
    struct Flow {
        let client: FiveTuple
        let peer: TransportAddress
        let port: RelayedPort
        // The same, as the forwarding table takes it.
        let packedClient: PackedAddress
        let packedPeer: PackedAddress
        let packedPort: UInt32
    }

    /// What a route is found by, for a `Dictionary`.
    struct ClientChannel: Hashable {
        let client: PackedAddress
        let server: PackedAddress
        let channel: UInt16
    }

    enum SetupFailure: Error {
        case noChannel(FiveTuple)
    }

    /// A power of two.
    static let flowCount = 4096
    static let channel = ChannelNumber.preferred.lowerBound
    static let server = TransportAddress(ip: GenerousHost.address, port: 3478)
    static let packedServer = PackedAddress(server)
    static let now = Instant.zero

    private var machine: RelayMachine<GenerousHost>
    let table: ForwardingTable
    let dictionary: [ClientChannel: ForwardingRoute]
    /// In an order that has nothing to do with that of the allocations.
    private let flows: [Flow]

    init() throws {
        var configuration = RelayConfiguration(
            realm: "ra-relay", users: UserDirectory(passwords: ["alice": "secret"]),
            peerPolicy: PeerPolicy(ownAddresses: [GenerousHost.address]))
        configuration.traffic = .none
        machine = RelayMachine(
            configuration: configuration, nonces: NonceIssuer(secret: Array(repeating: 7, count: 32)),
            tickets: MobilityTickets(secret: Array(repeating: 8, count: 32)), host: GenerousHost())
        var flows: [Flow] = []
        for number in 0..<UInt32(Self.flowCount) { flows.append(try Self.openFlow(number, &machine)) }
        self.flows = flows.shuffled()
        var random = SystemRandomNumberGenerator()
        var table = ForwardingTable(using: &random)
        var dictionary: [ClientChannel: ForwardingRoute] = [:]
        while case .set(let route)? = machine.nextForwardingChange() {
            table.set(route)
            dictionary[ClientChannel(client: route.client, server: route.server, channel: route.channel)] = route
        }
        self.table = table
        self.dictionary = dictionary
    }

    /// The flow of a packet: as many packets in a row as there are flows belong to one each.
    func flow(ofPacket number: Int) -> Flow { flows[number & (Self.flowCount - 1)] }

    /// Lends the machine where it lies: reading a class's property would copy all of it for each call.
    @inline(__always)
    func withMachine<Answer>(_ use: (inout RelayMachine<GenerousHost>) -> Answer) -> Answer { use(&machine) }

    private static func openFlow(_ number: UInt32, _ machine: inout RelayMachine<GenerousHost>) throws -> Flow {
        let fiveTuple = FiveTuple(
            transport: .udp, client: TransportAddress(ip: .v4(0x0A00_0000 + number), port: 40000), server: server)
        let peer = TransportAddress(ip: .v4(0x0808_0000 + number), port: 50000)
        var client = AllocationClient(server: server, transport: .udp, username: "alice", password: "secret", at: now)
        client.bindChannel(to: peer, at: now)
        while let request = client.nextTransmit() {
            machine.receive(request, from: fiveTuple, at: now, wallClock: 0)
            while let output = machine.nextOutput() {
                if case .toClient(fiveTuple, let answer) = output { client.receive(answer, at: now) }
            }
        }
        guard let relayed = client.relayed, client.isBound(to: peer) else { throw SetupFailure.noChannel(fiveTuple) }
        return Flow(
            client: fiveTuple, peer: peer, port: RelayedPort(rawValue: Int(relayed.port)),
            packedClient: PackedAddress(clientOf: fiveTuple), packedPeer: PackedAddress(peer), packedPort: UInt32(relayed.port))
    }
}
