public import NetPrimitives
import STUN
public import TURN

// Connections with peers, and the clients' ends of them (RFC 6062 §5.2 to §5.5).
extension RelayMachine {
    /// Peers' connections of all allocations, in whichever state.
    public var peerConnectionCount: Int { peerConnections.count }

    // MARK: From the client

    /// §5.2. The answer comes when the connection is there, or cannot be.
    mutating func connect(
        _ index: AllocationTable.Index, _ request: AuthenticatedRequest, from client: FiveTuple, at now: Instant
    ) throws(RequestRefusal) {
        guard peerConnections.isTCP(client), let allocation = allocations[index] else {
            throw RequestRefusal(.allocationMismatch)
        }
        guard let peer = try request.message.wellFormed(XORPeerAddress.self)?.address else {
            throw RequestRefusal(.badRequest)
        }
        guard let relayed = allocation.relayed(peer.family, at: now) else {
            throw RequestRefusal(.peerAddressFamilyMismatch)
        }
        // Behind our own address there are relayed ports alone, and no datagrams to hand on inside.
        guard peer.port != 0, configuration.peerPolicy.verdict(for: peer.ip) == .allowed else {
            throw RequestRefusal(.forbidden)
        }
        guard !peerConnections.connections(of: client).contains(where: { $0.connection.peer == peer }) else {
            throw RequestRefusal(.connectionAlreadyExists)
        }
        guard admitsPeers([peer.ip], index, at: now), hasRoom(client),
            let id = host.addConnection(for: allocation.username, isOpen: false)
        else {
            throw RequestRefusal(.insufficientCapacity)
        }
        let timer = timers.start(.connection(id), at: now + TCPTimes.connect, now: now)
        peerConnections.set(
            id, PeerConnection(client: client, peer: peer, state: .connecting(PendingConnect(request)), timer: timer))
        push(.stream(.connect(id, from: relayed.port, to: peer)))
    }

    /// §5.4. Who does not name a waiting connection of its own learns nothing of others.
    mutating func bindConnection(
        _ request: AuthenticatedRequest, from client: FiveTuple, at now: Instant
    ) throws(RequestRefusal) {
        guard client.transport == .tcp, index(of: client, at: now) == nil,
            let id = try request.message.wellFormed(ConnectionID.self),
            host.bindConnection(id, for: request.username)
        else { throw RequestRefusal(.badRequest) }
        let answer = MessageBuilder(
            .successResponse, .connectionBind, transactionID: request.message.transactionID)
        let bytes = answer.finish(
            key: request.authenticated.key, algorithm: request.answerAlgorithm,
            fingerprint: request.message.contains(.fingerprint))
        push(.stream(.bind(client, id, answer: bytes)))
    }

    // MARK: From the peers' sockets

    /// A peer has connected to a relayed port (§5.3).
    ///
    /// - Returns: the connection's name; nil: it is to be closed at once.
    public mutating func peerArrived(
        _ peer: TransportAddress, on port: RelayedPort, at now: Instant
    ) -> ConnectionID? {
        guard let index = allocations.index(of: port, at: now), let allocation = allocations[index],
            peerConnections.isTCP(allocation.client), allocation.permissions.contains(peer.ip, at: now),
            configuration.peerPolicy.verdict(for: peer.ip) == .allowed, hasRoom(allocation.client),
            let id = host.addConnection(for: allocation.username, isOpen: true)
        else { return nil }
        let timer = timers.start(.connection(id), at: now + TCPTimes.bind, now: now)
        peerConnections.set(id, PeerConnection(client: allocation.client, peer: peer, state: .waiting, timer: timer))
        var attempt = MessageBuilder(
            .indication, .connectionAttempt, transactionID: TransactionID(using: &random))
        attempt.add(XORPeerAddress(peer))
        attempt.add(id)
        push(.toClient(allocation.client, attempt.finish()))
        return id
    }

    /// What `StreamOutput.connect` asked for is there.
    public mutating func peerConnected(_ id: ConnectionID, at now: Instant) {
        guard var connection = peerConnections[id], case .connecting(let pending) = connection.state else {
            return push(.stream(.close(id)))  // nobody waits for it any more
        }
        connection.state = .waiting
        if let timer = connection.timer { timers.move(timer, to: now + TCPTimes.bind, now: now) }
        peerConnections.set(id, connection)
        host.openConnection(id)
        push(.toClient(connection.client, pending.success(id)))
    }

    /// What `StreamOutput.connect` asked for cannot be.
    public mutating func peerConnectionFailed(_ id: ConnectionID) {
        guard let connection = peerConnections[id], case .connecting(let pending) = connection.state else { return }
        _ = takeConnection(id)
        host.removeConnection(id)
        countRefusal(.connect, .connectionTimeoutOrFailure)
        push(.toClient(connection.client, pending.failure(.connectionTimeoutOrFailure)))
    }

    /// A peer's connection, or what was bound to it, is closed (§5.5).
    public mutating func peerConnectionClosed(_ id: ConnectionID) {
        guard takeConnection(id) != nil else { return }
        host.removeConnection(id)
    }

    // MARK: Time and bounds

    mutating func handleTimeout(of id: ConnectionID) {
        guard let connection = peerConnections[id] else { return }
        switch connection.state {
        case .connecting(let pending):
            countRefusal(.connect, .connectionTimeoutOrFailure)
            push(.toClient(connection.client, pending.failure(.connectionTimeoutOrFailure)))
        case .waiting where host.isBound(id):
            return markBound(id, connection)
        case .waiting, .bound:
            break
        }
        _ = takeConnection(id)
        close(id)
    }

    /// Takes a connection out of the books; to close it, and to tell, is the caller's.
    mutating func takeConnection(_ id: ConnectionID) -> PeerConnection? {
        guard let connection = peerConnections.remove(id) else { return nil }
        if let timer = connection.timer { timers.cancel(timer) }
        return connection
    }

    private mutating func markBound(_ id: ConnectionID, _ connection: PeerConnection) {
        var connection = connection
        if let timer = connection.timer { timers.cancel(timer) }
        (connection.state, connection.timer) = (.bound, nil)
        peerConnections.set(id, connection)
    }

    /// Whether an allocation may have one more. Another machine may have bound some: that is looked up here, when
    /// it matters.
    private mutating func hasRoom(_ client: FiveTuple) -> Bool {
        let all = peerConnections.connections(of: client)
        guard all.count < PeerConnectionTable.limit else { return false }
        var pending = all.count(where: \.connection.isPending)
        guard pending >= PeerConnectionTable.pendingLimit else { return true }
        for (id, connection) in all where connection.isPending && host.isBound(id) {
            markBound(id, connection)
            pending -= 1
        }
        return pending < PeerConnectionTable.pendingLimit
    }
}
