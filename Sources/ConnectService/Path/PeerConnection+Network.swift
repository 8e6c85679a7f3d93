import HostNetwork
import ICE
import NIOCore
import NetPrimitives
import TURN

// This host's addresses come and go: a cable, a radio, a suspension, a tunnel. The path follows them.
extension PeerConnection {
    /// Begins to follow the addresses that `addresses` gives.
    package func follow(_ addresses: @escaping @Sendable () -> [LocalAddress]) async {
        localAddresses = addresses
        await openWatch()
    }

    private func openWatch() async {
        let watch = await AddressWatch.open(
            loop: loop, changed: { self.assumeIsolated { $0.lookAtAddresses() } },
            ended: { self.assumeIsolated { $0.watchAgain() } })
        guard !isOver else { return watch?.close() ?? () }
        self.watch = watch
        // What has changed while nobody watched.
        lookAtAddresses()
    }

    /// The system says more than it could keep for us, and stops.
    private func watchAgain() {
        guard !isOver else { return }
        watch = nil
        loop.scheduleTask(in: .seconds(1)) {
            self.assumeIsolated { peer in
                guard !peer.isOver else { return }
                Task { await peer.openWatch() }
            }
        }
    }

    /// Follows what has changed; called with each change of which the system tells.
    package func lookAtAddresses() {
        guard !isOver, let localAddresses else { return }
        guard !isMoving else { return hasToLookAgain = true }
        let present = localAddresses()
        let gone = sockets.keys.filter { base in !present.contains { $0.ip == base.ip } }
        let new = present.filter { address in !sockets.keys.contains { $0.ip == address.ip } }
        let ips = present.map(\.ip)
        // A door is opened before the ports are, and may have been at other addresses.
        let isDoorElsewhere = !ips.isEmpty && !(withoutDoor(of: ips).isEmpty && lostDoors(of: ips).isEmpty)
        // A host without any address has nothing to begin with; what it had may come back.
        guard !new.isEmpty || !gone.isEmpty && gone.count < sockets.count || isDoorElsewhere else { return emit(.routesChanged) }
        isMoving = true
        Task { await self.move(from: gone, to: new, of: ips) }
    }

    private func move(from gone: [TransportAddress], to new: [LocalAddress], of present: [IPAddress]) async {
        // The new ones first: the agent always has somewhere to go.
        let (count, doors) = (sockets.count, Set(doorAddresses))
        await openPorts(on: new)
        for address in lostDoors(of: present) { closeDoor(at: address) }
        await widenDoor(to: withoutDoor(of: present))
        isMoving = false
        guard !isOver else { return }
        defer {
            if hasToLookAgain {
                hasToLookAgain = false
                lookAtAddresses()
            }
        }
        let hasOpened = sockets.count > count
        // An address that nobody may use yet is no change.
        guard hasOpened || !gone.isEmpty || Set(doorAddresses) != doors else { return emit(.routesChanged) }
        let now = MonotonicClock.now()
        for base in gone {
            sockets.removeValue(forKey: base)?.close()
            bindings.removeAll { $0.base == base }
            reflexive[base] = nil
            localPreferences[base.ip] = nil
            agent.removeLocalCandidates(base: base, at: now)
            forgetStreams(of: base.ip, at: now)
        }
        if !gone.isEmpty { renewLegs(at: now) }
        followNetwork(at: now, asksAgain: hasOpened)
    }

    /// What was known of this host's ports holds no more: the peer and whoever depends on it is told, and both sides check.
    func followNetwork(at now: Instant, asksAgain: Bool = true) {
        hasSignalledEnd = false
        agent.networkChanged(at: now)
        if asksAgain { gatherReflexiveAgain(at: now) }
        hasJustAsked = asksAgain
        emit(.networkChanged(ports: ports))
        drain()
        hasJustAsked = false
    }

    /// The relay knows us by an address that may be gone: others of its addresses are asked for. The old ones are kept for as
    /// long as the path may still run through them.
    func renewLegs(at now: Instant) {
        guard turnCredentials != nil, ladder != nil else { return }
        // Those that were asked before and have not answered would only ask more and more seldom.
        for (number, leg) in legs where leg.relayed == nil { forgetLeg(number, leg, at: now) }
        for leg in legs.values { leg.isOld = true }
        for (number, leg) in legs.sorted(by: { $0.key < $1.key }).dropLast(Self.oldLegLimit) {
            forgetLeg(number, leg, at: now)
        }
        spare?.networkChanged(at: now)
        ladder = RelayLadder(relayServers, at: now)
        climbLadder(at: now)
    }

    private static let oldLegLimit = 4
    /// Longer than the agents need to agree on another path.
    private static let oldLegLife = TimeAmount.seconds(15)

    /// Gives an address at the relay back.
    func forgetLeg(_ number: Int, _ leg: RelayedLeg, at now: Instant) {
        if let relayed = leg.relayed { agent.removeLocalCandidates(base: relayed, at: now) }
        legs[number] = nil
        leg.client.close(at: now)
        leg.flush()
        leg.close()
    }

    /// There is a new address at the relay: the old ones go.
    func retireOldLegs() {
        guard legs.values.contains(where: \.isOld) else { return }
        let old = legs.filter { $0.value.isOld }.map(\.key)
        loop.scheduleTask(in: Self.oldLegLife) {
            self.assumeIsolated { peer in
                let now = MonotonicClock.now()
                for number in old {
                    guard let leg = peer.legs[number] else { continue }
                    peer.forgetLeg(number, leg, at: now)
                }
                peer.drain()
            }
        }
    }
}
