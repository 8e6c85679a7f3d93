import Foundation
import Logging
import NetPrimitives
import Relay
import Rendezvous
import Synchronization

/// Reads the bans every other second, and has the relay take over what has changed.
///
/// While the store fails, those that were last read hold, and end when their time is over.
final class BanWatch: Sendable {
    /// A ban holds within five seconds; what it takes is a reading, and a message to each worker.
    static let interval = Duration.seconds(2)

    private struct State {
        var known: [Ban] = []
        var bans = BansInForce()
        var lastRead: Date?
        var isFailing = false
    }

    private let read: @Sendable (UnixTime) async throws -> [Ban]
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameter read: asks the store for what holds at a moment.
    init(logger: Logger, read: @escaping @Sendable (UnixTime) async throws -> [Ban]) {
        self.read = read
        self.logger = logger
    }

    /// What holds, and when the store was last read; nil: never, since it fails.
    var now: (bans: BansInForce, lastRead: Date?) { state.withLock { ($0.bans, $0.lastRead) } }

    /// Looks once.
    ///
    /// - Returns: what holds from now on, when that is not what held before.
    func look(at time: UnixTime) async -> BansInForce? {
        do {
            let bans = try await read(time)
            let failed = state.withLock { state in
                defer { (state.isFailing, state.known, state.lastRead) = (false, bans, .now) }
                return state.isFailing
            }
            if failed { logger.info("the bans can be read again") }
        } catch {
            let failed = state.withLock { state in
                defer { state.isFailing = true }
                return state.isFailing
            }
            if !failed {
                logger.error("the bans cannot be read: those that were last read hold", metadata: ["error": "\(error)"])
            }
        }
        return state.withLock { state in
            let bans = BansInForce(state.known.filter { $0.holds(at: time) })
            guard bans != state.bans else { return nil }
            state.bans = bans
            return bans
        }
    }

    /// Looks again and again, until its task is cancelled.
    ///
    /// - Parameter enforce: takes over what has changed; how many TCP connections and people's connections it closed.
    func run(enforce: @Sendable (BansInForce) async -> Int) async {
        while (try? await Task.sleep(for: Self.interval)) != nil {
            guard let bans = await look(at: MeetingPlace.wallClock()) else { continue }
            let closed = await enforce(bans)
            // Whom they name stands in the store, and in no log.
            logger.notice(
                "the bans have changed",
                metadata: [
                    "users": .stringConvertible(bans.relay.users.count), "addresses": .stringConvertible(bans.relay.addresses.count),
                    "names": .stringConvertible(bans.people.names.count), "keys": .stringConvertible(bans.people.keys.count),
                    "connections-closed": .stringConvertible(closed),
                ])
        }
    }
}
