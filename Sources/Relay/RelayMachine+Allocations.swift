import NetPrimitives
import STUN
import TURN

// Allocate and Refresh (RFC 8656 §7.2, §8.2).
extension RelayMachine {
    mutating func allocate(
        _ request: AuthenticatedRequest, from client: FiveTuple, answer: inout MessageBuilder, at now: Instant
    ) throws(RequestRefusal) {
        if let index = allocations.index(of: client, at: now), let allocation = allocations[index] {
            // The same transaction again is the same request, sent again as its answer was lost.
            guard allocation.transactionID == request.message.transactionID, allocation.username == request.username
            else { throw RequestRefusal(.allocationMismatch) }
            return describe(allocation, of: request.message, in: &answer, at: now)
        }
        _ = removeAllocation(of: client)  // its time is over, and it was not swept out yet
        let wanted = try AllocateRequest(request.message)
        let allocation = try makeAllocation(wanted, for: request, from: client, at: now)
        allocations.insert(allocation)
        noteExpiry(allocation.expiresAt)
        describe(allocation, of: request.message, in: &answer, at: now)
    }

    private mutating func makeAllocation(
        _ wanted: AllocateRequest, for request: AuthenticatedRequest, from client: FiveTuple, at now: Instant
    ) throws(RequestRefusal) -> Allocation {
        guard configuration.acceptsAllocations else { throw RequestRefusal(.insufficientCapacity) }
        switch host.takeQuota(for: request.user) {
        case .granted: break
        case .userIsFull: throw RequestRefusal(.allocationQuotaReached)
        case .relayIsFull: throw RequestRefusal(.insufficientCapacity)
        }
        do {
            let opened = try host.open(wanted.port, for: client, at: now)
            return Allocation(
                client: client, username: request.username, user: request.user, key: request.authenticated.key,
                transactionID: request.message.transactionID, port: opened.port, relayed: opened.address,
                reservation: opened.reservation, expiresAt: now + .seconds(Int64(wanted.lifetime)))
        } catch {
            host.releaseQuota(for: request.user)
            switch error {
            case .familyNotSupported: throw RequestRefusal(.addressFamilyNotSupported)
            case .insufficientCapacity: throw RequestRefusal(.insufficientCapacity)
            }
        }
    }

    private func describe(
        _ allocation: Allocation, of message: Message, in answer: inout MessageBuilder, at now: Instant
    ) {
        let remaining = (allocation.expiresAt - now).components.seconds
        answer.add(XORRelayedAddress(allocation.relayed))
        answer.add(Lifetime(UInt32(clamping: remaining)))
        if let reservation = allocation.reservation { answer.add(reservation) }
        answer.add(XORMappedAddress(allocation.client.client))
        if message.contains(.additionalAddressFamily) {
            answer.add(AddressErrorCode(.ipv6, .addressFamilyNotSupported))
        }
    }

    mutating func refresh(
        _ index: Int, _ message: Message, answer: inout MessageBuilder, at now: Instant
    ) throws(RequestRefusal) {
        guard let allocation = allocations[index] else { throw RequestRefusal(.allocationMismatch) }
        if let family = try message.wellFormed(RequestedAddressFamily.self),
            family.family != allocation.relayed.family
        {
            throw RequestRefusal(.peerAddressFamilyMismatch)
        }
        let requested = try message.wellFormed(Lifetime.self)?.value
        if requested == 0 {
            _ = removeAllocation(of: allocation.client)
            answer.add(Lifetime(0))
        } else {
            let lifetime = AllocateRequest.granted(requested)
            allocations[index]?.expiresAt = now + .seconds(Int64(lifetime))
            noteExpiry(now + .seconds(Int64(lifetime)))
            answer.add(Lifetime(lifetime))
        }
    }
}
