import ICE
import NetPrimitives
import STUN

/// An agent with what its driver has: a socket, a STUN client, a router to ask, a relay.
struct VirtualPeer {
    let index: Int
    let host: VirtualNetwork.HostID
    /// Where the socket is bound; another one after a change of network.
    private(set) var address: TransportAddress
    var agent: RestartingAgent
    var binding: BindingClient?
    let stunServer: TransportAddress
    /// Addresses at the relay, the newest last.
    var relayed: [TransportAddress] = []
    /// Everything the agent said, with its time.
    var events: [(at: Instant, event: RestartingAgent.Event)] = []
    /// What came for the layers above.
    var received: [[UInt8]] = []
    private var hasRelay = false
    private var hasMapping = false
    private var isPatient = true

    init(
        index: Int, host: VirtualNetwork.HostID, address: TransportAddress, role: Role, stunServer: TransportAddress,
        configuration: Agent.Configuration = Agent.Configuration(), random: inout SeededGenerator
    ) {
        self.index = index
        self.host = host
        self.address = address
        self.stunServer = stunServer
        agent = RestartingAgent(
            role: role, localCredentials: Credentials(using: &random), configuration: configuration,
            random: SeededGenerator(seed: random.next()))
    }

    // MARK: Gathering

    mutating func beginGathering(random: inout SeededGenerator, at now: Instant) {
        agent.addLocalCandidate(.host(address), at: now)
        isPatient = true
        binding = BindingClient(server: stunServer, random: &random, at: now)
    }

    /// After a restart it is asked again how the address looks from outside.
    mutating func gatherReflexiveAgain(random: inout SeededGenerator, at now: Instant) {
        binding = BindingClient(server: stunServer, random: &random, at: now)
    }

    /// The host has another address: the socket of the old one is gone, and so is the allocation that it had.
    mutating func move(to address: TransportAddress, random: inout SeededGenerator, at now: Instant) {
        let bases = [self.address] + relayed
        self.address = address
        relayed = []
        (hasRelay, hasMapping) = (false, false)
        for base in bases { agent.removeLocalCandidates(base: base, at: now) }
        beginGathering(random: &random, at: now)
        agent.networkChanged(at: now)
    }

    mutating func gathered(mapped: TransportAddress?, at now: Instant) {
        hasMapping = true
        if let mapped { agent.addLocalCandidate(.mapped(mapped, base: address), at: now) }
        endGatheringIfComplete(at: now)
    }

    mutating func gathered(relayed: TransportAddress?, at now: Instant) {
        hasRelay = true
        if let relayed {
            self.relayed.append(relayed)
            agent.addLocalCandidate(.relayed(relayed, server: relayed.ip), at: now)
        }
        endGatheringIfComplete(at: now)
    }

    /// Without an answer within this time the driver calls its gathering complete, and goes on asking.
    static let bindingPatience: Duration = .milliseconds(1200)

    mutating func gatheredReflexive(at now: Instant) {
        guard let outcome = binding?.outcome else { return }
        binding = nil
        if case .reflexive(let reflexive, _) = outcome, reflexive != address {
            agent.addLocalCandidate(.serverReflexive(reflexive, base: address, server: stunServer.ip), at: now)
        }
        endGatheringIfComplete(at: now)
    }

    mutating func loseBindingPatience(at now: Instant) {
        guard binding != nil else { return }
        isPatient = false
        endGatheringIfComplete(at: now)
    }

    private mutating func endGatheringIfComplete(at now: Instant) {
        guard hasRelay, hasMapping, binding == nil || !isPatient else { return }
        agent.endOfLocalCandidates(at: now)
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
