@preconcurrency import Dispatch
import Glibc

/// The signals that an operator sends: SIGTERM and Ctrl-C to end, SIGHUP to read the configuration again.
struct OperatorSignals {
    enum Signal: Sendable { case stop, reload }

    private let arrivals: AsyncStream<Signal>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (arrivals, continuation) = AsyncStream.makeStream(of: Signal.self)
        self.arrivals = arrivals
        sources = [(SIGTERM, Signal.stop), (SIGINT, .stop), (SIGHUP, .reload)].map { number, meaning in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                continuation.yield(meaning)
                // Whoever sends a second one does not want to wait.
                if meaning == .stop { signal(number, SIG_DFL) }
            }
            source.resume()
            return source
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
