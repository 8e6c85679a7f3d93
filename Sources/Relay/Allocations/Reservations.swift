public import NetPrimitives
public import TURN

/// Relayed ports that are held for a later Allocate, by token (RFC 8656 §7.2, §18.10).
public struct Reservations<Held: Sendable>: Sendable {
    /// §7.2: "at least 30 seconds".
    public static var lifetime: Duration { .seconds(30) }
    /// So many at once at most: without one there is still an even port, and the client is told nothing of a token.
    public static var limit: Int { 1024 }

    private struct Entry: Sendable {
        let held: Held
        let expiresAt: Instant
    }

    private var entries: [ReservationToken: Entry] = [:]

    public init() {}

    public var count: Int { entries.count }
    public var nextDeadline: Instant? { entries.values.lazy.map { $0.expiresAt }.min() }

    /// Holds something under a fresh token; nil when the table is full.
    public mutating func hold(
        _ held: Held, using random: inout some RandomNumberGenerator, at now: Instant
    ) -> ReservationToken? {
        guard entries.count < Self.limit else { return nil }
        let token = ReservationToken(random.next())
        guard entries[token] == nil else { return nil }
        entries[token] = Entry(held: held, expiresAt: now + Self.lifetime)
        return token
    }

    /// Takes what is held under a token, once and in time.
    public mutating func claim(_ token: ReservationToken, at now: Instant) -> Held? {
        guard let entry = entries[token], entry.expiresAt > now else { return nil }
        entries[token] = nil
        return entry.held
    }

    /// Removes what nobody claimed in time, and returns it to be closed.
    public mutating func removeExpired(at now: Instant) -> [Held] {
        let expired = entries.filter { $0.value.expiresAt <= now }
        for token in expired.keys { entries[token] = nil }
        return expired.values.map(\.held)
    }
}
