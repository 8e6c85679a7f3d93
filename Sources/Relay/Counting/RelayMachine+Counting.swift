public import NetPrimitives
import STUN
import TURN

/// The families of an allocation's relayed addresses.
public enum RelayedFamily: Int, TallyLabel { case ipv4, ipv6, both }

// What is counted, and why something was dropped: asked after the fact, so that nothing is slower for what is not.
extension RelayMachine {
    /// Gives each allocation that lives to `body`.
    public func forEachAllocation(at now: Instant, _ body: (FiveTuple, RelayedFamily) -> Void) {
        allocations.forEach { allocation in
            guard allocation.expiresAt > now else { return }
            let families = allocation.relayed.families
            body(allocation.client, families.count > 1 ? .both : families == [.ipv6] ? .ipv6 : .ipv4)
        }
    }

    mutating func countRefusal(_ method: Method, _ code: ErrorCode) {
        counters.refused(CountedMethod(method), code.code)
    }

    /// A request without credentials is how a client begins, and no failure.
    mutating func count(_ failure: AuthenticationFailure, of message: Message) {
        guard message.contains(.messageIntegrity) || message.contains(.messageIntegritySHA256) else { return }
        switch failure {
        case .badRequest: counters.authenticationFailures.count(.malformed)
        case .banned: counters.bannedRequests.count(.user)
        case .challenge(let code) where code.code == 438: counters.authenticationFailures.count(.staleNonce)
        case .challenge:
            let isOurs = message[Realm.self]?.text == configuration.realm
            counters.authenticationFailures.count(isOurs ? .credentials : .realm)
        }
    }

    mutating func countDroppedChannelData(_ bytes: [UInt8], from client: FiveTuple, at now: Instant) {
        let reason: RelayCounters.Drop
        if let index = allocations.index(of: client, at: now) {
            let data = try? ChannelData(decoding: bytes)
            if let data {
                let isBound = allocations[index]?.channels.peer(of: data.channel, at: now) != nil
                reason = isBound ? .policy : .noChannel
            } else {
                reason = .malformed
            }
        } else {
            reason = .noAllocation
        }
        counters.dropped.count(reason)
    }

    mutating func countDroppedSend(_ message: Message, from client: FiveTuple, at now: Instant) {
        let reason: RelayCounters.Drop
        if let index = allocations.index(of: client, at: now) {
            if let peer = message[XORPeerAddress.self]?.address, message.contains(.data) {
                let isPermitted = allocations[index]?.permissions.contains(peer.ip, at: now) == true
                reason = !isPermitted ? .noPermission : mayExchange(with: peer) ? .malformed : .policy
            } else {
                reason = .malformed
            }
        } else {
            reason = .noAllocation
        }
        counters.dropped.count(reason)
    }

    mutating func countDroppedFromPeer(
        _ bytes: [UInt8], from peer: TransportAddress, on port: RelayedPort, at now: Instant
    ) {
        let reason: RelayCounters.Drop
        if bytes.count > ChannelData.maximumLength {
            reason = .tooLarge
        } else if let index = allocations.index(of: port, at: now) {
            reason = allocations[index]?.permissions.contains(peer.ip, at: now) == true ? .policy : .noPermission
        } else {
            reason = .noAllocation
        }
        counters.dropped.count(reason)
    }
}
