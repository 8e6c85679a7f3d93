import HostNetwork
import NetPrimitives
import Rendezvous

/// The fleet's store: the same tables for all nodes, in PostgreSQL.
///
/// Each of a node's store threads has one with a connection of its own. A connection that is lost is made anew, with growing pauses;
/// meanwhile every call fails at once. What was sent and not answered is never sent again: nobody knows whether it was done.
struct PostgresStore: RelayStore {
    let link: PostgresLink
    let openCount: KeptCount
    let peopleCount: KeptCount

    let banLimit: Int

    init(_ url: PostgresURL, banLimit: Int = Ban.limit) {
        self.init(PostgresLink(url), openCount: KeptCount(), peopleCount: KeptCount(), banLimit: banLimit)
    }

    private init(_ link: PostgresLink, openCount: KeptCount, peopleCount: KeptCount, banLimit: Int) {
        self.banLimit = banLimit
        self.link = link
        self.openCount = openCount
        self.peopleCount = peopleCount
    }

    /// One more, with a connection of its own, which counts together with this one.
    func another() -> PostgresStore {
        PostgresStore(PostgresLink(link.url), openCount: openCount, peopleCount: peopleCount, banLimit: banLimit)
    }
}

/// The connection that there is, or when the next one is tried.
final class PostgresLink: @unchecked Sendable {  // a store is one thread's at a time
    /// Pauses between two attempts double, up to what a person takes for at once.
    static let pauses: ClosedRange<Duration> = .milliseconds(100)...(.seconds(2))

    let url: PostgresURL
    private var connection: PostgresConnection?
    /// The host that was the last one to be there.
    private var place = 0
    private var pause = pauses.lowerBound
    private var nextAttempt = Instant.zero

    init(_ url: PostgresURL) { self.url = url }

    func run(_ statement: String, _ values: [String?] = []) throws(PostgresError) -> PostgresRows {
        try current().run(statement, values)
    }

    /// The connection that there is, for statements that must all be its own.
    func current() throws(PostgresError) -> PostgresConnection {
        if let connection, connection.isAlive { return connection }
        connection = nil
        guard MonotonicClock.now() >= nextAttempt else { throw .away("the next attempt comes soon") }
        do {
            let made = try PostgresConnection(url, beginningWith: place)
            connection = made
            place = made.place
            pause = Self.pauses.lowerBound
            return made
        } catch {
            // All nodes lose it at once, and are not to come back at once.
            nextAttempt = MonotonicClock.now() + pause * Double.random(in: 0.5...1)
            pause = min(pause * 2, Self.pauses.upperBound)
            throw error
        }
    }
}
