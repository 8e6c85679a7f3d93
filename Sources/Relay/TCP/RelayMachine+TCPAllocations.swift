import NetPrimitives
import STUN
import TURN

// TCP allocations: Allocate, and their end (RFC 6062 §5.1, §5.5).
extension RelayMachine {
    mutating func makeTCPAllocation(
        _ wanted: TCPAllocateRequest, for request: AuthenticatedRequest, from client: FiveTuple, at now: Instant
    ) throws(RequestRefusal) -> Allocation {
        guard configuration.servesTCPAllocations, host.servesTCP else {
            throw RequestRefusal(.unsupportedTransportProtocol)
        }
        try checkThatAllocationsAreAccepted(for: client)
        // Anybody can make an invitation: its credentials would make the relay everybody's TCP proxy.
        guard !request.user.hasPrefix(QuotaLedger.Limits.invitationPrefix) else { throw RequestRefusal(.forbidden) }
        var allocation = Allocation(request, from: client)
        try add(to: &allocation, until: now + .seconds(Int64(wanted.lifetime))) { (host: inout Host) throws(PortError) in
            try host.openTCP(wanted.family, for: client)
        }
        peerConnections.addAllocation(client)
        return allocation
    }

    /// An allocation has ended, and with it its connections.
    mutating func releaseConnections(of client: FiveTuple) {
        for (id, _) in peerConnections.connections(of: client) {
            _ = takeConnection(id)
            close(id)
        }
        peerConnections.removeAllocation(client)
    }

    mutating func close(_ id: ConnectionID) {
        host.removeConnection(id)
        push(.stream(.close(id)))
    }

    /// Closes connections whose peers the rules do not allow any more.
    mutating func closeForbiddenConnections() {
        for (id, connection) in peerConnections.all
        where configuration.peerPolicy.verdict(for: connection.peer.ip) != .allowed {
            _ = takeConnection(id)
            if case .connecting(let pending) = connection.state {
                push(.toClient(connection.client, pending.failure(.forbidden)))
            }
            close(id)
        }
    }
}
