import Foundation
import Logging
import NetPrimitives
import Rendezvous
import Synchronization

// The end of a relay that its clients do not notice.
extension RelayServer {
    /// How late the end of the last allocation is seen.
    private static let drainInterval = Duration.milliseconds(250)

    /// How long those who wait under an invitation, and those who are present, have to move to another node: a connection by TLS takes a
    /// second. So long a call may ring, too: who calls then calls again.
    private static let movePatience = Duration.seconds(5)

    /// Becomes a relay to send no new clients to: first `/readyz` says so, then there are no new allocations and
    /// invitations. Returns when nobody is left, at the deadline, or when its task is cancelled. `stop` comes after it.
    public func drain() async {
        let patience = settings.withLock { $0.drainDeadline }
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        refusals.cancel()  // from now on everybody is refused
        operation.change { $0.drain = .init(since: .now, deadline: .now + patience / .seconds(1)) }
        await member?.leave()
        await place.beginDraining()
        await contacts.beginDraining()
        dataPlane.beginDraining()
        var load = await self.load()
        drainedFrom.withLock { $0 = load }
        logger.info(
            "draining",
            metadata: [
                "allocations": .stringConvertible(load.allocations), "meetings": .stringConvertible(load.meetings),
                "deadline": .string(patience.humanText),
            ])
        let moved = min(deadline, clock.now + Self.movePatience)
        await storeHasAnswered(before: moved)
        await sharersAreGone(before: moved)
        await contactsAreTold(before: moved)
        while !load.isNone, !Task.isCancelled, clock.now < deadline {
            try? await Task.sleep(for: min(Self.drainInterval, deadline - clock.now))
            load = await self.load()
        }
    }

    /// Waits for what the store was asked before: an invitation that it keeps, and of which its sharer never hears, would be nobody's.
    private func storeHasAnswered(before deadline: ContinuousClock.Instant) async {
        while await place.isAsking, !Task.isCancelled, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Waits for those who wait under an invitation, where there is a node that they were sent to.
    private func sharersAreGone(before deadline: ContinuousClock.Instant) async {
        guard let view = fleet.view, view.nodes.contains(where: { $0 != view.here }) else { return }
        while await place.report().invitations > 0, !Task.isCancelled, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Waits until everybody who is present was told where to go, and nobody's call waits for its answer.
    private func contactsAreTold(before deadline: ContinuousClock.Instant) async {
        while await contacts.isBusy, !Task.isCancelled, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Who is here now. Workers answer in order: an allocation from before `beginDraining` is in it, none comes after.
    func load() async -> RelayLoad {
        RelayLoad(await dataPlane.reports().reduce(into: WorkerReport()) { $0 += $1 }, await place.report())
    }

    /// What became of the allocations.
    func tellOfTheEnd(_ load: RelayLoad) {
        var metadata: Logger.Metadata = [
            "allocations-cut": .stringConvertible(load.allocations), "meetings-cut": .stringConvertible(load.meetings),
        ]
        if let before = drainedFrom.withLock({ $0 }) {
            metadata["allocations-ended"] = .stringConvertible(load.allocationsEnded &- before.allocationsEnded)
        }
        logger.info("stopped", metadata: metadata)
    }
}
