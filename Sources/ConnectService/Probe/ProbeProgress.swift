import Synchronization

/// What a running probe still waits for.
public final class ProbeProgress: Sendable {
    private let pending = Mutex<[String]>([])

    public init() {}

    /// In the order in which it was begun.
    public var waitingFor: [String] { pending.withLock { $0 } }

    func during<Result>(_ name: String, _ work: () async -> Result) async -> Result {
        pending.withLock { $0.append(name) }
        let result = await work()
        pending.withLock { names in
            if let index = names.firstIndex(of: name) { names.remove(at: index) }
        }
        return result
    }
}
