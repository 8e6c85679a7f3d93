@preconcurrency import Dispatch
import Glibc
import Synchronization

/// Ctrl-C, SIGTERM and a terminal that was closed, as a request to end in order; a second one ends at once.
final class Interruption: Sendable {
    static let shared = Interruption()

    private let sources = Mutex<[any DispatchSourceSignal]>([])
    private let count = Atomic<Int>(0)

    /// - Parameter stop: called for the first signal, on a queue of its own.
    func handle(_ stop: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "signals")
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [self] in
                if count.add(1, ordering: .relaxed).oldValue > 0 { exit(128 + number) }
                stop()
            }
            source.resume()
            sources.withLock { $0.append(source) }
        }
    }
}
