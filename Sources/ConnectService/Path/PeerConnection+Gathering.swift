import HostNetwork
import ICE
import Logging
import NIOCore
import NetPrimitives
import Rendezvous
import STUN
import Session

// Where this side can be reached: its own ports, what the relay sees of them, and addresses at the relay
// (RFC 8445 §5.1.1). Doors that the router opens come in from outside, by `addMapped`.
extension PeerConnection {
    /// How a STUN server is asked for a reflexive address: at 0, 250, 750 ms and so on, given up after 17 s.
    private static let bindingTiming = ClientTransaction.Timing(
        initialRTO: .milliseconds(250), requestCount: 7, finalWaitFactor: 4)
    /// A server that is silent for so long is behind a firewall, or three packets of three were lost: nobody waits for it any
    /// more, and an answer that comes all the same is still used.
    static let bindingPatience = Duration.milliseconds(1750)

    /// Sockets beyond so many are wanted alike.
    private static let leastWanted: UInt16 = 1000
    /// What goes through a tunnel pays its price, as what goes to the relay by TCP (`RelayedLeg`): half the preference.
    private static let tunnelPreference = Candidate.highestLocalPreference / 2

    /// Opens one UDP port on each address and offers them as host candidates; `ports` are all that there are then.
    package func openPorts(on addresses: [LocalAddress]) async {
        for address in addresses {
            let opened = try? await DatagramSocket.open(on: address.ip, loop: loop) { bytes, source, local in
                self.assumeIsolated { $0.received(bytes, on: local, from: source) }
            }
            guard let socket = opened else { continue }
            guard !isOver else {
                socket.close()
                break
            }
            sockets[socket.local] = socket
            let preference = (address.isTunnel ? Self.tunnelPreference : Candidate.highestLocalPreference) - openedPorts
            localPreferences[address.ip] = preference
            offer(.host(socket.local, localPreference: preference), at: MonotonicClock.now())
            offerActive(address.ip, at: MonotonicClock.now())
            openedPorts = min(openedPorts + 1, Self.leastWanted)
        }
        drain()
    }

    /// Asks STUN servers how they see each of our ports; called when the other side is about to be there.
    func gatherReflexive(from servers: [RelayServer]) {
        stunServers = RelayServer.reflexive(servers)
        gatherReflexiveAgain(at: MonotonicClock.now())
        drain()
    }

    /// What a server saw of our ports may be different after a while, and in another network it is.
    func gatherReflexiveAgain(at now: Instant) {
        guard !stunServers.isEmpty else { return }
        bindings = []
        bindingsAskedAt = now
        var random = SystemRandomNumberGenerator()
        for server in stunServers {
            for base in sockets.keys where base.family == server.family {
                bindings.append(
                    (base, BindingClient(server: server, timing: Self.bindingTiming, random: &random, at: now)))
            }
        }
    }

    /// Asks for addresses at the relay, with the credentials that the rendezvous gave; none without.
    ///
    /// - Parameter trust: judges the certificates of servers with TLS.
    func gatherRelayed(from servers: [RelayServer], credentials: TURNCredentials?, trust: RelayTrust) {
        guard ladder == nil else { return }
        let now = MonotonicClock.now()
        turnCredentials = credentials
        relayTrust = trust
        relayServers = servers
        ladder = RelayLadder(credentials == nil ? [] : servers, at: now)
        climbLadder(at: now)
        drain()
    }

    /// Asks the servers whose time has come.
    func climbLadder(at now: Instant) {
        guard !isOver, let credentials = turnCredentials, let trust = relayTrust else { return }
        while let server = ladder?.next(at: now) {
            lastLeg += 1
            let number = lastLeg
            Task { await self.openLeg(number, to: server, credentials: credentials, trust: trust) }
        }
    }

    private func openLeg(
        _ number: Int, to server: RelayServer, credentials: TURNCredentials, trust: RelayTrust
    ) async {
        ClientLog.relay.debug("asked for an address", metadata: ["at": "\(server)"])
        do {
            let socket = try await RelayedLeg.Socket.open(to: server, trust: trust, loop: loop) { event in
                self.assumeIsolated { $0.received(event, onLeg: number) }
            }
            let now = MonotonicClock.now()
            let leg = RelayedLeg(server: server, socket: socket, credentials: credentials, at: now)
            guard !isOver, ladder?.isWanted(server) == true else { return leg.close() }
            legs[number] = leg
        } catch {
            ClientLog.relay.debug("no way there", metadata: ["at": "\(server)", "why": "\(error)"])
            ladder?.failed(server, at: MonotonicClock.now())
        }
        climbLadder(at: MonotonicClock.now())
        drain()
    }

    /// A server has given an address: those that are no better need not answer any more.
    func allocated(on leg: RelayedLeg, at now: Instant) {
        ClientLog.relay.info("gave an address", metadata: ["at": "\(leg.server)", "address": "\(leg.relayed.map { "\($0)" } ?? "")"])
        if let node = leg.spareNode { return spare?.succeeded(node) ?? () }
        ladder?.succeeded(leg.server, at: now)
        leaveUnwantedLegs(at: now)
    }

    /// Legs without an address that the ladder waits for no longer.
    func leaveUnwantedLegs(at now: Instant) {
        for (number, leg) in legs
        where leg.relayed == nil && leg.spareNode == nil && ladder?.isWanted(leg.server) != true && leg.leave(at: now) {
            legs[number] = nil
            leg.close()
        }
    }

    func received(_ event: StreamSocket.Event, onLeg number: Int) {
        switch event {
        case .bytes(let bytes): received(bytes, onLeg: number)
        case .closed: dropLeg(number)
        }
    }

    /// The way to a server is gone; what ran over it will be silent.
    func dropLeg(_ number: Int) {
        guard let leg = legs.removeValue(forKey: number) else { return }
        leg.close()
        ClientLog.relay.debug("the way there is over", metadata: ["at": "\(leg.server)"])
        let now = MonotonicClock.now()
        if let node = leg.spareNode { spare?.lost(node, at: now) }
        if let relayed = leg.relayed {
            agent.removeLocalCandidates(base: relayed, at: now)
        } else if leg.spareNode == nil {
            ladder?.failed(leg.server, at: now)
        }
        climbLadder(at: now)
        if !isOver { drain() }
    }

    /// A server takes no more and names another, which is asked by the same transport with the same credentials.
    func redirect(_ leg: RelayedLeg, _ number: Int, to address: TransportAddress, at now: Instant) {
        guard leg.spareNode == nil, leg.server.isPlausible(alternate: address) else { return dropLeg(number) }
        legs[number] = nil
        leg.close()
        ladder?.redirected(leg.server, to: leg.server.alternate(address), at: now)
        climbLadder(at: now)
        if !isOver { drain() }
    }

    // MARK: Candidates

    /// What is seen of a port from outside is wanted as much as the port is (RFC 8445 §5.1.2.1).
    func localPreference(of base: TransportAddress) -> UInt16 {
        localPreferences[base.ip] ?? Candidate.highestLocalPreference
    }

    func offer(_ candidate: Candidate, at now: Instant) {
        agent.addLocalCandidate(candidate, at: now)
    }

    /// Says that no more candidates come, once gathering has begun and everything asked has answered or failed.
    func signalEndOfCandidates(at now: Instant) {
        guard !hasSignalledEnd, let ladder, bindingsDeadline.map({ $0 <= now }) ?? true, ladder.isDone else { return }
        hasSignalledEnd = true
        agent.endOfLocalCandidates(at: now)
    }

    /// Until when reflexive addresses are waited for; nil when all have come.
    var bindingsDeadline: Instant? {
        bindings.isEmpty ? nil : bindingsAskedAt.map { $0 + Self.bindingPatience }
    }

    func description(of pair: CandidatePair) -> PathDescription {
        let transport = pair.transport == .tcp ? .tcp : leg(of: pair.source)?.server.transport.ofPath ?? .udp
        let kind: PathDescription.Kind =
            switch pair.kind {
            case .direct: .direct
            case .mapped: .mapped
            case .punched: .punched
            case .relayed: .relayed
            }
        return PathDescription(
            kind: kind, transport: transport, local: "\(pair.local.address)",
            remote: "\(pair.remote.address)")
    }
}
