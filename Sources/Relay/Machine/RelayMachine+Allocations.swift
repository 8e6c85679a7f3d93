import NetPrimitives
import STUN
import TURN

// Allocate (RFC 8656 §7.2).
extension RelayMachine {
    mutating func allocate(
        _ request: AuthenticatedRequest, from client: FiveTuple, answer: inout MessageBuilder, at now: Instant
    ) throws(RequestRefusal) {
        if let index = index(of: client, at: now), let allocation = allocations[index] {
            // The same transaction again is the same request, sent again as its answer was lost.
            guard allocation.transactionID == request.message.transactionID, allocation.username == request.username
            else { throw RequestRefusal(.allocationMismatch) }
            describe(allocation, in: &answer, at: now)
            return addTicket(of: index, to: &answer, at: now)
        }
        cancelMove(to: client)
        endAllocation(of: client, .expired)  // its time is over, and it was not swept out yet
        let isMobile = try wantsTicket(request.message)
        var allocation =
            if let wanted = try TCPAllocateRequest(request.message, from: client) {
                try makeTCPAllocation(wanted, for: request, from: client, at: now)
            } else {
                try makeAllocation(try AllocateRequest(request.message), for: request, from: client, at: now)
            }
        if isMobile { makeMobile(&allocation) }
        openMeter(of: &allocation, at: now)
        let index = addAllocation(allocation, at: now)
        counters.allocationsMade &+= 1
        describe(allocation, in: &answer, at: now)
        addTicket(of: index, to: &answer, at: now)
    }

    private mutating func makeAllocation(
        _ wanted: AllocateRequest, for request: AuthenticatedRequest, from client: FiveTuple, at now: Instant
    ) throws(RequestRefusal) -> Allocation {
        try checkThatAllocationsAreAccepted(for: client)
        var allocation = Allocation(request, from: client)
        let expiry = now + .seconds(Int64(wanted.lifetime))
        guard let additionalPort = wanted.additionalPort else {
            try open(wanted.port, into: &allocation, until: expiry, at: now)
            return allocation
        }
        // §7.2 step 9: one of two addresses is a success, with the reason why the other is not there.
        var refusals: [(family: IPAddress.Family, refusal: RequestRefusal)] = []
        for (family, port) in [(IPAddress.Family.ipv4, wanted.port), (.ipv6, additionalPort)] {
            do throws(RequestRefusal) {
                try open(port, into: &allocation, until: expiry, at: now)
            } catch {
                refusals.append((family, error))
            }
        }
        guard let first = refusals.first else { return allocation }
        guard !allocation.relayed.isEmpty else { throw first.refusal }
        // The attribute knows 440 and 508: a quota that is reached is 508 here.
        let isUnsupported = first.refusal.code == .addressFamilyNotSupported
        allocation.addressError = AddressErrorCode(first.family, isUnsupported ? first.refusal.code : .insufficientCapacity)
        return allocation
    }

    private mutating func open(
        _ port: PortRequest, into allocation: inout Allocation, until expiry: Instant, at now: Instant
    ) throws(RequestRefusal) {
        let (client, holder) = (allocation.client, allocation.holder)
        // What was held under a token has been charged since then.
        let isCharged = if case .reserved = port { true } else { false }
        try add(to: &allocation, until: expiry, isCharged: isCharged) { (host: inout Host) throws(PortError) in
            try host.open(port, for: client, chargedTo: holder, at: now)
        }
    }

    /// Opens one relayed address, which the quotas are charged with.
    mutating func add(
        to allocation: inout Allocation, until expiry: Instant, isCharged: Bool = false,
        _ open: (inout Host) throws(PortError) -> OpenedPort
    ) throws(RequestRefusal) {
        switch isCharged ? .granted : host.takeQuota(for: allocation.holder) {
        case .granted: break
        case .holderIsFull: throw RequestRefusal(.allocationQuotaReached)
        case .relayIsFull: throw RequestRefusal(.insufficientCapacity)
        }
        do {
            let opened = try open(&host)
            allocation.relayed[opened.address.family] = RelayedAddress(
                port: opened.port, address: opened.address, expiresAt: expiry)
            allocation.reservation = opened.reservation
        } catch {
            if !isCharged { host.releaseQuota(for: allocation.holder) }
            switch error {
            case .familyNotSupported: throw RequestRefusal(.addressFamilyNotSupported)
            case .insufficientCapacity: throw RequestRefusal(.insufficientCapacity)
            }
        }
    }

    private func describe(_ allocation: Allocation, in answer: inout MessageBuilder, at now: Instant) {
        let remaining = (allocation.expiresAt - now).components.seconds
        for relayed in allocation.relayed.all { answer.add(XORRelayedAddress(relayed.address)) }
        answer.add(Lifetime(UInt32(clamping: remaining)))
        if let reservation = allocation.reservation { answer.add(reservation) }
        answer.add(XORMappedAddress(allocation.client.client))
        if let error = allocation.addressError { answer.add(error) }
    }

    /// While the relay is being drained, who asks is sent elsewhere, or gets 508.
    func checkThatAllocationsAreAccepted(for client: FiveTuple) throws(RequestRefusal) {
        guard !configuration.acceptsAllocations else { return }
        let alternates = configuration.alternateServer.addresses(for: client.client)
        throw alternates.isEmpty
            ? RequestRefusal(.insufficientCapacity) : RequestRefusal(.tryAlternate, alternates: alternates)
    }
}
