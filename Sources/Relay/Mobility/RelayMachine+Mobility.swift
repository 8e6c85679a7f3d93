public import NetPrimitives
import STUN
import TURN

// Clients that change their address and keep their allocation (RFC 8016).
extension RelayMachine {
    // MARK: Tickets

    /// Whether an Allocate asks for a ticket (§3.1.2).
    func wantsTicket(_ message: Message) throws(RequestRefusal) -> Bool {
        guard let ticket = try message.wellFormed(MobilityTicket.self) else { return false }
        guard ticket.octets.isEmpty else { throw RequestRefusal(.badRequest) }
        // A TCP allocation's connections do not move with it.
        let isTCP = try message.wellFormed(RequestedTransport.self)?.number == TransportProtocol.tcp.rawValue
        guard configuration.servesMobility, !isTCP else { throw RequestRefusal(.mobilityForbidden) }
        return true
    }

    /// Tells a mobile allocation's client what to move with. With each Refresh there is a fresh one, that lasts longer.
    func addTicket(of index: AllocationTable.Index, to answer: inout MessageBuilder, at now: Instant) {
        guard let allocation = allocations[index], let mobility = allocation.mobility else { return }
        answer.add(tickets.ticket(for: MobilityClaim(id: mobility.id, generation: mobility.generation), at: now))
    }

    private func claim(of message: Message, at now: Instant) -> MobilityClaim? {
        guard message.method == .refresh, let ticket = message[MobilityTicket.self] else { return nil }
        return tickets.open(ticket, at: now)
    }

    private func index(of claim: MobilityClaim, at now: Instant) -> AllocationTable.Index? {
        guard case .here(let port) = host.home(of: claim.id), let index = allocations.index(of: port, at: now),
            allocations[index]?.mobility?.id == claim.id
        else { return nil }
        return index
    }

    /// The allocation that a message is about: by its five-tuple, or by its ticket.
    func index(addressedBy message: Message, from client: FiveTuple, at now: Instant) -> AllocationTable.Index? {
        index(of: client, at: now) ?? claim(of: message, at: now).flatMap { index(of: $0, at: now) }
    }

    /// The allocation that a ticket names, when another machine has it: that one answers. A five-tuple that has an
    /// allocation already is refused here, where that is known.
    func allocationElsewhere(of message: Message, from client: FiveTuple, at now: Instant) -> MobileID? {
        guard configuration.servesMobility, index(of: client, at: now) == nil, let claim = claim(of: message, at: now),
            host.home(of: claim.id) == .elsewhere
        else { return nil }
        return claim.id
    }

    /// Makes an allocation mobile, before it is inserted.
    mutating func makeMobile(_ allocation: inout Allocation) {
        let id = MobileID(rawValue: random.next())
        allocation.mobility = Mobility(id: id)
        host.setHome(of: id, allocation.relayed.all.map(\.address))
    }

    // MARK: Moves

    /// Whether a client has moved to this five-tuple, and was not heard from there since.
    public func isMoving(_ client: FiveTuple) -> Bool { movers[client] != nil }

    /// A Refresh with a ticket (§3.2.2).
    mutating func move(
        _ request: AuthenticatedRequest, to client: FiveTuple, answer: inout MessageBuilder, at now: Instant
    ) throws(RequestRefusal) {
        guard configuration.servesMobility else { throw RequestRefusal(.mobilityForbidden) }
        guard let claim = claim(of: request.message, at: now) else { throw RequestRefusal(.badRequest) }
        guard let index = index(of: claim, at: now), let allocation = allocations[index],
            let mobility = allocation.mobility
        else { throw RequestRefusal(.allocationMismatch) }
        guard allocation.username == request.username else { throw RequestRefusal(.wrongCredentials) }
        let transactionID = request.message.transactionID
        let isAnswered = mobility.isRetransmission(transactionID, from: client, at: now)
        if !isAnswered {
            guard !mobility.isLate(transactionID), client != allocation.client, client != mobility.next,
                mobility.isGood(claim.generation)
            else { throw RequestRefusal(.badRequest) }
            guard self.index(of: client, at: now) == nil else { throw RequestRefusal(.allocationMismatch) }
        }
        try refresh(index, request.message, answer: &answer, at: now)
        // It may have been the end of it.
        guard allocations[index]?.mobility?.id == claim.id else { return }
        if !isAnswered {
            // What was there, or moved there, is over and was not swept out yet.
            cancelMove(to: client)
            endAllocation(of: client, .expired)
            beginMove(index, Mobility.Move(client: client, transactionID: transactionID, instant: now))
        }
        addTicket(of: index, to: &answer, at: now)
        if allocations[index]?.mobility?.isStranded == true { confirmMove(of: client, at: now) }
    }

    private mutating func beginMove(_ index: AllocationTable.Index, _ move: Mobility.Move) {
        guard let allocation = allocations[index], let mobility = allocation.mobility else { return }
        endMove(of: allocation)
        allocations[index]?.mobility?.begin(move)
        movers[move.client] = allocation.client
        push(.mobility(.arriving(move.client, of: mobility.id)))
    }

    /// A client was heard from where it moved to: it is there now (§3.2.2).
    mutating func confirmMove(of client: FiveTuple, at now: Instant) {
        guard !movers.isEmpty, let former = movers[client], allocations.index(of: former, at: now) != nil else { return }
        confirmMove(of: client)
    }

    private mutating func confirmMove(of client: FiveTuple) {
        guard let former = movers.removeValue(forKey: client), let index = allocations.index(of: former),
            let allocation = allocations[index]
        else { return }
        endForwarding(of: allocation)
        allocations.move(index, to: client)
        allocations[index]?.mobility?.confirm()
        updateForwarding(of: index)
        push(.mobility(.moved(client, from: former)))
    }

    /// Nobody is where a client has moved to; its allocation stays with it where it was.
    mutating func cancelMove(to client: FiveTuple) {
        guard let former = movers[client], let index = allocations.index(of: former), let allocation = allocations[index]
        else { return }
        endMove(of: allocation)
        allocations[index]?.mobility?.cancel()
    }

    /// It is over, and whatever waited for it.
    mutating func endMobility(of allocation: Allocation) {
        endMove(of: allocation)
        if let mobility = allocation.mobility { host.setHome(of: mobility.id, []) }
    }

    /// What waited for data from where a client moved to waits no more.
    mutating func endMove(of allocation: Allocation) {
        guard let mobility = allocation.mobility, let next = mobility.next else { return }
        movers[next] = nil
        push(.mobility(.left(next, of: mobility.id)))
    }

    /// A mobile client's stream has closed. Where it has moved already, it is there now (§3.2.2); else its allocation
    /// waits for the ticket as long as it would have lived.
    mutating func strand(_ index: AllocationTable.Index) {
        guard let allocation = allocations[index] else { return }
        // Nobody is there: whoever comes next on that five-tuple is another.
        endForwarding(of: allocation)
        allocations[index]?.mobility?.isStranded = true
        if let next = allocation.mobility?.next { confirmMove(of: next) }
    }
}
