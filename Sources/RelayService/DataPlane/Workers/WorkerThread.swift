import Glibc

/// A thread that runs one worker until it is stopped.
final class WorkerThread: Sendable {
    /// Carries the worker into the thread.
    private final class Cargo {
        var worker: Worker?
        init(_ worker: consuming Worker) { self.worker = consume worker }
    }

    private let thread: pthread_t

    init(_ worker: consuming Worker) throws(DataPlaneError) {
        var thread = pthread_t()
        let cargo = Unmanaged.passRetained(Cargo(worker))
        // unsafe: the cargo is retained here and released once, by the thread or below.
        let error = pthread_create(&thread, nil, { argument in
            guard let argument else { return nil }
            let cargo = Unmanaged<Cargo>.fromOpaque(argument).takeRetainedValue()
            cargo.worker?.run()
            cargo.worker = nil
            return nil
        }, cargo.toOpaque())
        guard error == 0 else {
            cargo.release()
            throw .system("pthread_create", SystemError(code: error))
        }
        self.thread = thread
    }

    /// Waits until the worker has ended; call once.
    func join() { pthread_join(thread, nil) }
}
