import NetPrimitives
import Relay

/// A worker's clients that arrive at one worker and have their allocation at another, from the Refresh with the ticket
/// until they send data. No more than there are mobile allocations, as each moves to one place at a time.
struct MovingClients {
    /// Those that arrive here: what they say is for whoever has the allocation.
    private var visiting: [FiveTuple: MobileID] = [:]
    /// Those that have their allocation here, and the worker that they arrive at.
    private var hosted: [FiveTuple: Int] = [:]
    /// Those of them that have sent data: their allocations follow them.
    private var moved: [FiveTuple] = []

    func allocation(of client: FiveTuple) -> MobileID? { visiting.isEmpty ? nil : visiting[client] }
    mutating func visit(_ client: FiveTuple, of id: MobileID) { visiting[client] = id }
    mutating func endVisit(_ client: FiveTuple) -> MobileID? { visiting.removeValue(forKey: client) }

    func worker(of client: FiveTuple) -> Int? { hosted.isEmpty ? nil : hosted[client] }
    mutating func host(_ client: FiveTuple, at worker: Int) { hosted[client] = worker }
    mutating func endHosting(_ client: FiveTuple) -> Int? { hosted.removeValue(forKey: client) }

    mutating func noteMoved(_ client: FiveTuple) { if worker(of: client) != nil { moved.append(client) } }
    mutating func nextMoved() -> FiveTuple? { moved.popLast() }
}
