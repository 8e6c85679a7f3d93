import Logging
import NIOPosix
import Rendezvous
import Synchronization

/// Runs what is asked of the store on threads of its own, so that a slow disk or a database that is away holds up nobody else.
final class StoreThreads: Sendable {
    /// Calls that wait or are under way. More than the machines ask at once is somebody's mistake; each is a few hundred bytes.
    static let maximumWaiting = 32_768
    /// An outage fails every call: it is told once in this time.
    private static let logInterval: Duration = .seconds(10)

    private struct State {
        /// One for each thread.
        var idle: [any RelayStore]
        var waiting = 0
        var errors: UInt64 = 0
        /// Since the store last worked.
        var failures = 0
        var lastLogged: ContinuousClock.Instant?
    }

    private let pool: NIOThreadPool
    private let state: Mutex<State>
    private let logger: Logger

    /// - Parameter stores: as many threads there are.
    init(_ stores: [any RelayStore], logger: Logger) {
        state = Mutex(State(idle: stores))
        pool = NIOThreadPool(numberOfThreads: stores.count)
        pool.start()
        self.logger = logger
    }

    /// Whether the last call worked.
    var isReachable: Bool { state.withLock { $0.failures == 0 } }

    /// Errors so far.
    var errors: UInt64 { state.withLock { $0.errors } }

    /// Runs `work` on one of the threads, in the order of the calls as far as there is one thread.
    ///
    /// - Parameter then: called once, on that thread, or on the caller's when there is no room; nil when the work threw, which is counted
    ///   and logged here.
    func run<Answer: Sendable>(
        _ work: @escaping @Sendable (inout any RelayStore) throws -> Answer, then: @escaping @Sendable (Answer?) -> Void
    ) {
        let hasRoom = state.withLock { state in
            guard state.waiting < Self.maximumWaiting else { return false }
            state.waiting += 1
            return true
        }
        guard hasRoom else { return then(nil) }
        pool.submit { item in
            let store: (any RelayStore)? = item == .active ? self.state.withLock { $0.idle.popLast() } : nil
            let answer = store.flatMap { self.perform(work, in: $0) }
            self.state.withLock { $0.waiting -= 1 }
            then(answer)
        }
    }

    private func perform<Answer>(_ work: (inout any RelayStore) throws -> Answer, in idle: any RelayStore) -> Answer? {
        var store = idle
        defer { state.withLock { $0.idle.append(store) } }
        do {
            let answer = try work(&store)
            noteSuccess()
            return answer
        } catch {
            note(error)
            return nil
        }
    }

    private func noteSuccess() {
        let failures = state.withLock { state in
            defer { (state.failures, state.lastLogged) = (0, nil) }
            return state.failures
        }
        if failures > 0 { logger.notice("the store answers again", metadata: ["failed": .stringConvertible(failures)]) }
    }

    private func note(_ error: any Error) {
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            state.errors &+= 1
            state.failures += 1
            if let last = state.lastLogged, now - last < Self.logInterval { return false }
            state.lastLogged = now
            return true
        }
        if isDue { logger.error("the store failed", metadata: ["error": "\(error)"]) }
    }

    /// Lets go of what waits, and returns when what is under way is done.
    func stop() async { try? await pool.shutdownGracefully() }
}
