@preconcurrency import Dispatch
import Glibc

/// The signals that an operator sends: SIGTERM and Ctrl-C to end, SIGHUP to read the configuration again.
struct OperatorSignals {
    enum Signal: Sendable { case stop, reload }

    private let arrivals: AsyncStream<Signal>
    private let sources: [any DispatchSourceSignal]

    /// Returns when each of them is caught: before, one that arrives is ignored.
    init() async {
        let (arrivals, continuation) = AsyncStream.makeStream(of: Signal.self)
        self.arrivals = arrivals
        let registered = AsyncStream<Void>.makeStream()
        sources = [(SIGTERM, Signal.stop), (SIGINT, .stop), (SIGHUP, .reload)].map { number, meaning in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                continuation.yield(meaning)
                // Whoever sends a second one does not want to wait.
                if meaning == .stop { signal(number, SIG_DFL) }
            }
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

    /// Calls `reload` for each SIGHUP; returns at the first signal to stop.
    func wait(reload: () -> Void) async {
        for await arrival in arrivals {
            switch arrival {
            case .reload: reload()
            case .stop: return
            }
        }
    }
}
