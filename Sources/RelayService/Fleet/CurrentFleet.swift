import Rendezvous
import Synchronization

/// The nodes that live, as this one last heard, for all of its threads. While the database is away nothing new is heard.
final class CurrentFleet: Sendable {
    private struct State {
        var view: FleetView?
        var isReachable = true
        var followers: [@Sendable (FleetView) -> Void] = []
    }

    private let state = Mutex(State())

    /// Nil until the relay listens.
    var view: FleetView? { state.withLock { $0.view } }

    /// Whether the fleet's database answered when it was last told that this node lives.
    var isReachable: Bool {
        get { state.withLock { $0.isReachable } }
        set { state.withLock { $0.isReachable = newValue } }
    }

    func set(_ view: FleetView) {
        let followers = state.withLock { state -> [@Sendable (FleetView) -> Void] in
            guard state.view != view else { return [] }
            state.view = view
            return state.followers
        }
        for follower in followers { follower(view) }
    }

    /// Tells of the view that there is, and of every other one; on whichever thread learns of it.
    func follow(_ follower: @escaping @Sendable (FleetView) -> Void) {
        let view = state.withLock { state in
            state.followers.append(follower)
            return state.view
        }
        if let view { follower(view) }
    }
}
