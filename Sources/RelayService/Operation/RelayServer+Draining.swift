import Foundation
import Logging
import NetPrimitives
import Synchronization

// The end of a relay that its clients do not notice.
extension RelayServer {
    /// How late the end of the last allocation is seen.
    private static let drainInterval = Duration.milliseconds(250)

    /// Becomes a relay to send no new clients to: first `/readyz` says so, then there are no new allocations and
    /// invitations. Returns when nobody is left, at the deadline, or when its task is cancelled. `stop` comes after it.
    public func drain() async {
        let patience = settings.withLock { $0.drainDeadline }
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        refusals.cancel()  // from now on everybody is refused
        operation.change { $0.drain = .init(since: .now, deadline: .now + patience / .seconds(1)) }
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
        while !load.isNone, !Task.isCancelled, clock.now < deadline {
            try? await Task.sleep(for: min(Self.drainInterval, deadline - clock.now))
            load = await self.load()
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
