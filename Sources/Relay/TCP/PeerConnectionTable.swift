import NetPrimitives
import TURN

/// The TCP allocations of one machine, and the connections of each.
struct PeerConnectionTable: Sendable {
    /// Of one allocation, in all: a browser opens fewer to one site, and each is an open file.
    static let limit = 64
    /// Of one allocation, not bound yet: who never binds holds few.
    static let pendingLimit = 16

    private var byClient: [FiveTuple: Set<ConnectionID>] = [:]
    private var connections: [ConnectionID: PeerConnection] = [:]

    var count: Int { connections.count }

    func isTCP(_ client: FiveTuple) -> Bool { byClient[client] != nil }

    mutating func addAllocation(_ client: FiveTuple) { byClient[client] = [] }

    /// Takes an allocation out that has no connections any more.
    mutating func removeAllocation(_ client: FiveTuple) { byClient[client] = nil }

    subscript(id: ConnectionID) -> PeerConnection? { connections[id] }

    func connections(of client: FiveTuple) -> [(id: ConnectionID, connection: PeerConnection)] {
        (byClient[client] ?? []).compactMap { id in connections[id].map { (id, $0) } }
    }

    var all: [(id: ConnectionID, connection: PeerConnection)] { connections.map { ($0.key, $0.value) } }

    /// Adds a connection of an allocation that is there, or puts another state into it.
    mutating func set(_ id: ConnectionID, _ connection: PeerConnection) {
        byClient[connection.client]?.insert(id)
        connections[id] = connection
    }

    mutating func remove(_ id: ConnectionID) -> PeerConnection? {
        guard let connection = connections.removeValue(forKey: id) else { return nil }
        byClient[connection.client]?.remove(id)
        return connection
    }
}
