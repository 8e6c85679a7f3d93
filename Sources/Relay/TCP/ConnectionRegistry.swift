public import TURN

/// The connections with peers that a whole process has, by CONNECTION-ID: a ConnectionBind may reach another
/// machine than the one that has the allocation (RFC 6062 §5.4).
public struct ConnectionRegistry: Sendable {
    /// Each is an open file, as each allocation and each client's connection is.
    public static var limit: Int { 2048 }

    private enum State: Hashable, Sendable {
        /// Not connected yet.
        case opening
        /// For a ConnectionBind.
        case waiting
        case bound
    }

    private struct Entry: Sendable {
        let username: String
        var state: State
    }

    private var entries: [ConnectionID: Entry] = [:]

    public init() {}

    public var count: Int { entries.count }

    /// Makes an id for a connection of a user's; nil when there are too many.
    public mutating func add(
        for username: String, isOpen: Bool, using random: inout some RandomNumberGenerator
    ) -> ConnectionID? {
        guard entries.count < Self.limit else { return nil }
        // Nobody guesses it, so nobody learns what others have; one that is taken is drawn again.
        for _ in 0..<8 {
            let id = ConnectionID(random.next())
            guard entries[id] == nil else { continue }
            entries[id] = Entry(username: username, state: isOpen ? .waiting : .opening)
            return id
        }
        return nil
    }

    /// It is connected, and may be bound from now on.
    public mutating func open(_ id: ConnectionID) {
        if entries[id]?.state == .opening { entries[id]?.state = .waiting }
    }

    /// Binds a waiting connection, once, for the user that it was made for.
    public mutating func bind(_ id: ConnectionID, for username: String) -> Bool {
        guard let entry = entries[id], entry.state == .waiting, entry.username == username else { return false }
        entries[id]?.state = .bound
        return true
    }

    public func isBound(_ id: ConnectionID) -> Bool { entries[id]?.state == .bound }

    public mutating func remove(_ id: ConnectionID) { entries[id] = nil }
}
