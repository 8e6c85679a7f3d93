@preconcurrency import Dispatch
import Glibc

/// The signals that an operator sends: SIGTERM to drain and end, Ctrl-C to end at once, SIGHUP to read the configuration
/// again.
struct OperatorSignals {
    private enum Arrival: Sendable { case terminate, interrupt, reload, drained }

    private let arrivals: AsyncStream<Arrival>
    private let arrived: AsyncStream<Arrival>.Continuation
    private let sources: [any DispatchSourceSignal]

    /// Returns when each of them is caught: before, one that arrives is ignored.
    init() async {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Arrival.self)
        (self.arrivals, self.arrived) = (arrivals, arrived)
        let registered = AsyncStream<Void>.makeStream()
        sources = [(SIGTERM, Arrival.terminate), (SIGINT, .interrupt), (SIGHUP, .reload)].map { number, meaning in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { arrived.yield(meaning) }
            source.setRegistrationHandler { registered.continuation.yield() }
            source.resume()
            return source
        }
        // Dispatch begins to watch some time after `resume()`.
        var missing = sources.count
        for await _ in registered.stream {
            missing -= 1
            if missing == 0 { break }
        }
    }

    /// Calls `reload` for each SIGHUP, and `drain` at the first SIGTERM. Returns when the drain is over, and at once, with
    /// the drain cancelled, at a second SIGTERM or at SIGINT.
    func wait(reload: () -> Void, drain: @escaping @Sendable () async -> Void) async {
        var draining: Task<Void, Never>?
        arrivals: for await arrival in arrivals {
            switch arrival {
            case .reload: reload()
            case .terminate where draining == nil:
                draining = Task { [arrived] in
                    await drain()
                    arrived.yield(.drained)
                }
            case .terminate, .interrupt, .drained: break arrivals
            }
        }
        // Whoever sends one more does not even want to wait for the stop.
        for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) }
        draining?.cancel()
        await draining?.value
    }
}
