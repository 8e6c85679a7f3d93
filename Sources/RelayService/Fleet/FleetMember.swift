import Dispatch
import HostNetwork
import Logging
import NetPrimitives
import Rendezvous
import Synchronization

/// Tells the fleet that this node lives, every second, and learns which others do.
final class FleetMember: Sendable {
    private let url: RelayURL
    private let store: Mutex<any RelayStore>
    private let fleet: CurrentFleet
    private let logger: Logger
    /// The database may take its time: nobody else is on its thread.
    private let thread = DispatchQueue(label: "fleet")
    private let isLeaving = Mutex(false)
    /// While it lasts, a node that is known and has not told of itself yet is not taken for dead.
    private let grace = Mutex(BeatGrace())
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(url: RelayURL, store: any RelayStore, fleet: CurrentFleet, logger: Logger) {
        self.url = url
        self.store = Mutex(store)
        self.fleet = fleet
        self.logger = logger
    }

    /// Makes a node of a relay that has a fleet's database; a relay without one is a fleet of its own.
    ///
    /// - Parameter url: what it is called where the configuration does not say.
    static func join(
        _ fleet: CurrentFleet, _ configuration: ServeConfiguration, url: String, opened: OpenedState, logger: Logger
    ) async throws -> FleetMember? {
        let name = configuration.nodeURL ?? url
        guard let here = RelayURL(name) else {
            guard opened.kind == .postgres else { return nil }
            throw ConfigurationError("node-url: “\(name)” is no address that clients can be sent to: write https://HOST:PORT.")
        }
        fleet.set(FleetView(here: here))
        guard opened.kind == .postgres else { return nil }
        let member = FleetMember(url: here, store: try opened.another(), fleet: fleet, logger: logger)
        await member.begin()
        return member
    }

    /// Joins the fleet; its other nodes are known when this returns, unless the database is away.
    func begin() async {
        await beat()
        let task = Task { while (try? await Task.sleep(for: RelayNode.beat)) != nil { await self.beat() } }
        self.task.withLock { $0 = task }
    }

    /// Nobody new is to be at home here.
    func leave() async {
        isLeaving.withLock { $0 = true }
        await beat()
    }

    /// The node is no more.
    func end() async {
        task.withLock { $0?.cancel() }
        await withCheckedContinuation { done in
            thread.async {
                self.store.withLock { try? $0.remove(self.url) }
                done.resume()
            }
        }
    }

    /// Tells once that it lives, and listens to what the others have told.
    func beat() async {
        await withCheckedContinuation { done in
            thread.async {
                self.beatOnThread()
                done.resume()
            }
        }
    }

    /// - Parameter known: nodes that are there whether they have told of themselves or not.
    static func view(from here: RelayURL, _ nodes: [RelayNode], known: [RelayURL]) -> FleetView {
        FleetView(here: here, others: nodes.filter { !$0.isLeaving }.map(\.url) + known, leaving: nodes.filter(\.isLeaving).map(\.url))
    }

    private func beatOnThread() {
        let node = RelayNode(url: url, isLeaving: isLeaving.withLock { $0 })
        // What fails is told by the store's other users, and what was known is still good.
        let nodes = store.withLock { try? $0.beat(node) }
        fleet.isReachable = nodes != nil
        guard let nodes else { return }
        let before = fleet.view
        let isGrace = grace.withLock { $0.answered(at: MonotonicClock.now()) }
        fleet.set(Self.view(from: url, nodes, known: isGrace ? before?.nodes ?? [] : []))
        guard let after = fleet.view, after != before else { return }
        logger.info(
            "the fleet", metadata: ["nodes": .array(after.nodes.map { "\($0)" }), "leaving": .array(after.leaving.map { "\($0)" })])
    }
}
