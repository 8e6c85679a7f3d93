import Synchronization

/// The secret that the relay signs the rendezvous' TURN credentials with; a reload may bring another.
final class CurrentSecret: Sendable {
    private let current: Mutex<String>

    /// - Parameter secrets: the first is the one that signs; there is one at least.
    init(_ secrets: [String]) { current = Mutex(secrets[0]) }

    func set(_ secrets: [String]) { current.withLock { $0 = secrets[0] } }

    var secret: String { current.withLock { $0 } }
}
