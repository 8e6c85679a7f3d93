import NetPrimitives
import STUN
import TURN

// CreatePermission and ChannelBind (RFC 8656 §10.2, §12.2).
extension RelayMachine {
    /// All of the addresses, or none.
    mutating func createPermission(_ index: AllocationTable.Index, _ message: Message, at now: Instant) throws(RequestRefusal) {
        let peers: [TransportAddress]
        do { peers = try message.peerAddresses() } catch { throw RequestRefusal(.badRequest) }
        guard !peers.isEmpty else { throw RequestRefusal(.badRequest) }
        guard peers.allSatisfy({ allocations[index]?.relayed($0.family, at: now) != nil }) else {
            throw RequestRefusal(.peerAddressFamilyMismatch)
        }
        for peer in peers {
            switch configuration.peerPolicy.verdict(for: peer.ip) {
            case .allowed, .ownAddress: break
            case .refused: throw RequestRefusal(.forbidden)
            }
        }
        try install(peers.map(\.ip), index, at: now)
        updateForwarding(of: index)
    }

    mutating func bindChannel(_ index: AllocationTable.Index, _ message: Message, at now: Instant) throws(RequestRefusal) {
        // A TCP relayed address carries no datagrams.
        if let client = allocations[index]?.client, peerConnections.isTCP(client) { throw RequestRefusal(.forbidden) }
        guard let number = try message.wellFormed(ChannelNumber.self),
            let peer = try message.wellFormed(XORPeerAddress.self)?.address
        else { throw RequestRefusal(.badRequest) }
        guard allocations[index]?.relayed(peer.family, at: now) != nil else {
            throw RequestRefusal(.peerAddressFamilyMismatch)
        }
        guard mayExchange(with: peer) else { throw RequestRefusal(.forbidden) }
        do {
            try allocations[index]?.channels.check(number, to: peer, at: now)
            try install([peer.ip], index, at: now)
            try allocations[index]?.channels.bind(number, to: peer, at: now)
        } catch let refusal as RequestRefusal {
            throw refusal
        } catch ChannelTable.Refusal.conflict {
            throw RequestRefusal(.badRequest)
        } catch {
            throw RequestRefusal(.insufficientCapacity)
        }
        noteExpiry(now + RelayTimes.channel, of: index, at: now)
        updateForwarding(of: index)
    }

    /// Counts those that the allocation has no permission for.
    mutating func admitsPeers(_ ips: [IPAddress], _ index: AllocationTable.Index, at now: Instant) -> Bool {
        guard let allocation = allocations[index] else { return false }
        let fresh = Set(ips).count { !allocation.permissions.contains($0, at: now) }
        return fresh == 0 || host.admitsNewPeers(fresh, of: allocation.holder, at: now)
    }

    private mutating func install(_ ips: [IPAddress], _ index: AllocationTable.Index, at now: Instant) throws(RequestRefusal) {
        guard admitsPeers(ips, index, at: now), allocations[index]?.permissions.install(ips, at: now) == true else {
            throw RequestRefusal(.insufficientCapacity)
        }
        noteExpiry(now + RelayTimes.permission, of: index, at: now)
    }
}
