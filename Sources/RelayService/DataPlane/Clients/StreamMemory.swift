import NetPrimitives
import Synchronization

/// The bytes that wait in the process for all connections over TCP and TLS together: read and not worked off, written and
/// not taken by who should read them.
///
/// When there are too many, connections are closed: of the source (an IPv4 address, an IPv6 /56) that holds the most, those
/// that hold the most. A slow reader among others has little beside somebody who opens hundreds of connections to fill.
/// Call from any thread.
final class StreamMemory: Sendable {
    /// Of nearly four hundred connections that hold all that they may. A byte takes up to three of memory, as buffers grow.
    static let limit = 96 << 20

    /// What is said of it when somebody asks.
    struct Report: Hashable, Sendable {
        /// Bytes that wait now, but for connections that were told to close.
        var held = 0
        /// Connections that were closed for it.
        var closed: UInt64 = 0
    }

    private struct State {
        struct Entry { weak var account: StreamAccount? }
        var accounts: [ObjectIdentifier: Entry] = [:]
        var closed: UInt64 = 0
    }

    private let limit: Int
    private let held = Atomic<Int>(0)
    private let state = Mutex(State())

    init(limit: Int = StreamMemory.limit) { self.limit = limit }

    var report: Report { Report(held: held.load(ordering: .relaxed), closed: state.withLock(\.closed)) }

    /// An account for a connection, which is there for as long as somebody keeps it.
    ///
    /// - Parameters:
    ///   - source: whose connection it is, a household; nil for nobody's in particular.
    ///   - close: closes the connection at once, whatever waits; called on any thread.
    func open(for source: IPAddress?, close: @escaping @Sendable () -> Void) -> StreamAccount {
        let account = StreamAccount(in: self, for: source, close: close)
        state.withLock { $0.accounts[ObjectIdentifier(account)] = .init(account: account) }
        return account
    }

    /// Counts bytes of an account's; false when there are too many now.
    fileprivate func add(_ bytes: Int) -> Bool { held.add(bytes, ordering: .relaxed).newValue <= limit }

    fileprivate func remove(_ bytes: Int) { held.subtract(bytes, ordering: .relaxed) }

    /// An account has ended.
    fileprivate func ended(_ account: ObjectIdentifier) { state.withLock { $0.accounts[account] = nil } }

    /// Closes those who hold the most, until an eighth is free: seldom, then, as it looks at each. What they hold counts no
    /// more from then on, however long their closing takes.
    fileprivate func makeRoom() {
        // Nothing is let go of inside the lock: an account that ends there would ask for the lock again.
        let accounts = state.withLock { $0.accounts.values.compactMap(\.account) }
        var excess = held.load(ordering: .relaxed) - limit / 8 * 7
        guard excess > 0 else { return }
        let holders = accounts.map { (account: $0, bytes: $0.count) }
        let sources = Dictionary(holders.map { ($0.account.source, $0.bytes) }) { $0 + $1 }
        let ordered = holders.sorted {
            (sources[$0.account.source] ?? 0, $0.bytes) > (sources[$1.account.source] ?? 0, $1.bytes)
        }
        for holder in ordered where holder.bytes > 0 {
            guard excess > 0 else { break }
            // Another thread may have chosen it as well.
            guard let freed = holder.account.giveUp() else { continue }
            remove(freed)
            excess -= freed
            state.withLock { $0.closed += 1 }
            holder.account.close()
        }
    }
}

/// What one connection has of a `StreamMemory`.
final class StreamAccount: Sendable {
    private struct Held {
        var bytes = 0
        var isGivenUp = false
    }

    let source: IPAddress?
    private let memory: StreamMemory
    private let held = Mutex(Held())
    /// Closes the connection.
    fileprivate let close: @Sendable () -> Void

    fileprivate init(in memory: StreamMemory, for source: IPAddress?, close: @escaping @Sendable () -> Void) {
        self.memory = memory
        self.source = source
        self.close = close
    }

    deinit {
        if let bytes = giveUp() { memory.remove(bytes) }
        memory.ended(ObjectIdentifier(self))
    }

    /// Bytes that wait for it; none of one that was told to close.
    var count: Int { held.withLock { $0.isGivenUp ? 0 : $0.bytes } }

    /// Whether its connection was told to close.
    var isGivenUp: Bool { held.withLock(\.isGivenUp) }

    /// Counts bytes that are there already.
    func add(_ bytes: Int) {
        if change(bytes), !memory.add(bytes) { memory.makeRoom() }
    }

    /// Counts bytes that are to wait; false when they may not.
    func reserve(_ bytes: Int) -> Bool {
        guard change(bytes) else { return false }
        if memory.add(bytes) { return true }
        memory.makeRoom()
        return !isGivenUp
    }

    /// They do no longer.
    func release(_ bytes: Int) {
        if change(-bytes) { memory.remove(bytes) }
    }

    /// From now on nothing of it counts. Gives what did; nil when that was so already.
    fileprivate func giveUp() -> Int? {
        held.withLock { held in
            guard !held.isGivenUp else { return nil }
            held.isGivenUp = true
            return held.bytes
        }
    }

    /// Whether it counts.
    private func change(_ bytes: Int) -> Bool {
        held.withLock { held in
            guard !held.isGivenUp else { return false }
            held.bytes += bytes
            return true
        }
    }
}
