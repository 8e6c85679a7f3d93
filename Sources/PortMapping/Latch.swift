import Synchronization

/// Opens when a number of things are done; tasks wait for it for a limited time.
package final class Latch: Sendable {
    private struct State {
        var left: Int
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state: Mutex<State>

    package init(count: Int) { state = Mutex(State(left: count)) }

    /// One is done. Returns how many are left.
    @discardableResult
    package func countDown() -> Int {
        let (left, freed) = state.withLock { state -> (Int, [CheckedContinuation<Void, Never>]) in
            state.left -= 1
            guard state.left <= 0 else { return (state.left, []) }
            defer { state.waiters = [:] }
            return (state.left, Array(state.waiters.values))
        }
        for waiter in freed { waiter.resume() }
        return left
    }

    /// Returns when everything is done, or after `limit`.
    package func wait(atMost limit: Duration) async {
        await withCheckedContinuation { continuation in
            let waiter = state.withLock { state -> Int? in
                guard state.left > 0 else { return nil }
                defer { state.nextWaiter += 1 }
                state.waiters[state.nextWaiter] = continuation
                return state.nextWaiter
            }
            guard let waiter else { return continuation.resume() }
            Task {
                try? await Task.sleep(for: limit)
                state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume()
            }
        }
    }
}
