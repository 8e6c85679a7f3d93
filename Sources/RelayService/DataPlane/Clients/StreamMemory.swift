import Synchronization

/// The bytes that wait in the process for all connections over TCP and TLS together: read and not worked off, written and
/// not taken by who should read them.
///
/// When there are too many, the connections that hold the most are closed. An honest one has next to nothing waiting, so
/// those are closed whose readers take nothing, however many there are. Call from any thread.
final class StreamMemory: Sendable {
    /// Of nearly four hundred connections that hold all that they may. A byte takes up to three of memory, as buffers grow.
    static let limit = 96 << 20

    /// What is said of it when somebody asks.
    struct Report: Hashable, Sendable {
        /// Bytes that wait now.
        var held = 0
        /// Connections that were closed for it.
        var closed: UInt64 = 0
    }

    private struct State {
        struct Entry { weak var account: StreamAccount? }
        var accounts: [ObjectIdentifier: Entry] = [:]
        /// Those that are told to close, until they have: their bytes are as good as free.
        var closing: Set<ObjectIdentifier> = []
        var closed: UInt64 = 0
    }

    private let limit: Int
    private let held = Atomic<Int>(0)
    private let state = Mutex(State())

    init(limit: Int = StreamMemory.limit) { self.limit = limit }

    var report: Report { Report(held: held.load(ordering: .relaxed), closed: state.withLock(\.closed)) }

    /// An account for a connection, which is there for as long as somebody keeps it.
    ///
    /// - Parameter close: closes the connection, whatever waits; called on any thread.
    func open(close: @escaping @Sendable () -> Void) -> StreamAccount {
        let account = StreamAccount(in: self, close: close)
        state.withLock { $0.accounts[ObjectIdentifier(account)] = .init(account: account) }
        return account
    }

    /// Counts bytes of an account's; false when there are too many now.
    func add(_ bytes: Int) -> Bool { held.add(bytes, ordering: .relaxed).newValue <= limit }

    func remove(_ bytes: Int) { held.subtract(bytes, ordering: .relaxed) }

    /// An account has ended.
    func ended(_ account: ObjectIdentifier) {
        state.withLock { state in
            state.accounts[account] = nil
            state.closing.remove(account)
        }
    }

    /// Closes who holds the most, until an eighth is free: seldom, then, as it looks at each.
    func makeRoom() {
        let chosen = state.withLock { state -> [StreamAccount] in
            guard state.closing.isEmpty else { return [] }
            var excess = held.load(ordering: .relaxed) - limit / 8 * 7
            let accounts = state.accounts.values.compactMap { entry in entry.account.map { ($0, $0.count) } }
            var chosen: [StreamAccount] = []
            for (account, count) in accounts.sorted(by: { $0.1 > $1.1 }) where excess > 0 {
                excess -= count
                chosen.append(account)
            }
            state.closing = Set(chosen.map(ObjectIdentifier.init))
            state.closed += UInt64(chosen.count)
            return chosen
        }
        for account in chosen { account.close() }
    }
}

/// What one connection has of a `StreamMemory`.
final class StreamAccount: Sendable {
    private let memory: StreamMemory
    private let held = Atomic<Int>(0)
    /// Closes the connection.
    let close: @Sendable () -> Void

    fileprivate init(in memory: StreamMemory, close: @escaping @Sendable () -> Void) {
        self.memory = memory
        self.close = close
    }

    deinit {
        memory.remove(count)
        memory.ended(ObjectIdentifier(self))
    }

    /// Bytes that wait for it.
    var count: Int { held.load(ordering: .relaxed) }

    /// Counts bytes that are there already.
    func add(_ bytes: Int) {
        held.add(bytes, ordering: .relaxed)
        if !memory.add(bytes) { memory.makeRoom() }
    }

    /// Counts bytes that are to wait; false when they may not.
    func reserve(_ bytes: Int) -> Bool {
        held.add(bytes, ordering: .relaxed)
        if memory.add(bytes) { return true }
        release(bytes)
        memory.makeRoom()
        return false
    }

    /// They do no longer.
    func release(_ bytes: Int) {
        held.subtract(bytes, ordering: .relaxed)
        memory.remove(bytes)
    }
}
