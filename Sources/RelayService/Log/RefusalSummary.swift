import Logging
import NetPrimitives
import Relay
import Rendezvous

/// What an operator should hear of without asking: the refusals of a minute. nil when there is nothing to hear.
struct RefusalSummary: Hashable, Sendable {
    /// A person mistypes a password a few times, a guesser does not stop.
    static let manyFailures: UInt64 = 10

    /// 486: a user, an invitation or an address has all it may have.
    var byQuota: UInt64
    /// 508: the relay has no more to give.
    var byCapacity: UInt64
    /// Credentials that do not hold; an old nonce is none of them, for every client has one now and then.
    var failures: UInt64
    /// Invitations that were asked for and not made.
    var invitations: UInt64

    /// - Parameter invitations: those refused in between.
    init?(from before: RelayCounters, to now: RelayCounters, invitations: UInt64 = 0) {
        byQuota = now.refusals(486) &- before.refusals(486)
        byCapacity = now.refusals(508) &- before.refusals(508)
        failures = Self.failures(now) &- Self.failures(before)
        self.invitations = invitations
        guard byQuota + byCapacity + invitations > 0 || failures >= Self.manyFailures else { return nil }
    }

    var metadata: Logger.Metadata {
        [
            "refused-486": .stringConvertible(byQuota), "refused-508": .stringConvertible(byCapacity),
            "authentication-failures": .stringConvertible(failures), "invitations": .stringConvertible(invitations),
        ]
    }

    /// Logs a line at most for each interval, until it is cancelled.
    static func watch(
        _ dataPlane: DataPlane, _ place: MeetingPlace, every interval: Duration = .seconds(60), logger: Logger
    ) -> Task<Void, Never> {
        Task {
            var (before, invitationsBefore) = (RelayCounters(), 0 as UInt64)
            while (try? await Task.sleep(for: interval)) != nil {
                let now = await dataPlane.reports().reduce(into: RelayCounters()) { $0 += $1.counters }
                let invitations = await place.report().counters.invitationsRefused.total
                if let summary = RefusalSummary(from: before, to: now, invitations: invitations &- invitationsBefore) {
                    logger.notice("requests were refused", metadata: summary.metadata)
                }
                (before, invitationsBefore) = (now, invitations)
            }
        }
    }

    private static func failures(_ counters: RelayCounters) -> UInt64 {
        let tally = counters.authenticationFailures
        return tally[.credentials] &+ tally[.realm] &+ tally[.malformed]
    }
}
