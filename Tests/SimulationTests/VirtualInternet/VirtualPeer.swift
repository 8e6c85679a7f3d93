import ICE
import NetPrimitives
import STUN

/// An agent with what its driver has: a socket, a STUN client, a router to ask, a relay.
struct VirtualPeer {
    let index: Int
    let host: VirtualNetwork.HostID
    let address: TransportAddress
    var agent: Agent
    var binding: BindingClient?
    let stunServer: TransportAddress
    var relayed: TransportAddress?
    /// What the driver did, besides sending: everything the agent said, with its time.
    var events: [(at: Instant, event: Agent.Event)] = []
    /// What came for the layers above.
    var received: [[UInt8]] = []
    /// Candidates and their end, to be signalled.
    var signals: [Signal] = []
    private var hasRelay: Bool
    private var hasMapping: Bool

    enum Signal {
        case candidate(String)
        case endOfCandidates
    }

    init(
        index: Int, host: VirtualNetwork.HostID, address: TransportAddress, role: Role, stunServer: TransportAddress,
        configuration: Agent.Configuration = Agent.Configuration(), random: inout SeededGenerator
    ) {
        self.index = index
        self.host = host
        self.address = address
        self.stunServer = stunServer
        agent = Agent(
            role: role, localCredentials: Credentials(using: &random), configuration: configuration,
            random: SeededGenerator(seed: random.next()))
        hasRelay = false
        hasMapping = false
    }

    // MARK: Gathering

    mutating func beginGathering(random: inout SeededGenerator, at now: Instant) {
        add(.host(address), at: now)
        binding = BindingClient(server: stunServer, random: &random, at: now)
    }

    mutating func gathered(mapped: TransportAddress?, at now: Instant) {
        hasMapping = true
        if let mapped { add(.mapped(mapped, base: address), at: now) }
        endGatheringIfComplete(at: now)
    }

    mutating func gathered(relayed: TransportAddress?, at now: Instant) {
        hasRelay = true
        self.relayed = relayed
        if let relayed { add(.relayed(relayed, server: relayed.ip), at: now) }
        endGatheringIfComplete(at: now)
    }

    /// Without an answer within this time the driver calls its gathering complete, and goes on asking.
    static let bindingPatience: Duration = .milliseconds(1200)

    mutating func gatheredReflexive(at now: Instant) {
        guard let outcome = binding?.outcome else { return }
        binding = nil
        if case .reflexive(let reflexive, _) = outcome {
            add(.serverReflexive(reflexive, base: address, server: stunServer.ip), at: now)
        }
        endGatheringIfComplete(at: now)
    }

    mutating func giveUpBinding(at now: Instant) {
        guard binding != nil else { return }
        binding = nil
        endGatheringIfComplete(at: now)
    }

    private mutating func add(_ candidate: Candidate, at now: Instant) {
        if agent.addLocalCandidate(candidate, at: now) { signals.append(.candidate(candidate.sdp)) }
    }

    private mutating func endGatheringIfComplete(at now: Instant) {
        guard hasRelay, hasMapping, binding == nil else { return }
        agent.endOfLocalCandidates(at: now)
        signals.append(.endOfCandidates)
    }

    // MARK: Traffic

    mutating func receive(_ datagram: VirtualDatagram, at now: Instant) {
        if datagram.destination == address, let message = try? Message(decoding: datagram.payload),
            binding?.receive(message, from: datagram.source, at: now) == true
        {
            gatheredReflexive(at: now)
            return
        }
        switch agent.receive(datagram.payload, on: datagram.destination, from: datagram.source, at: now) {
        case .application: received.append(datagram.payload)
        case .handled, .foreign: break
        }
    }

    mutating func handleTimeout(at now: Instant) {
        binding?.handleTimeout(at: now)
        if binding?.outcome != nil { gatheredReflexive(at: now) }
        agent.handleTimeout(at: now)
    }

    var nextDeadline: Instant? { .earliest(agent.nextDeadline, binding?.nextDeadline) }

    mutating func nextTransmit() -> VirtualDatagram? {
        if let transmit = binding?.nextTransmit() ?? agent.nextTransmit() {
            return VirtualDatagram(
                source: transmit.source ?? address, destination: transmit.destination, payload: transmit.payload)
        }
        return nil
    }
}
