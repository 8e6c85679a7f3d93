import Foundation
import Relay
import Rendezvous

/// Everything that a relay tells of itself at one moment: what its metrics and `ra-relay status` are written from.
struct RelaySnapshot: Sendable {
    var time: Date
    var operation: OperationState
    var process: ProcessReport
    /// In the workers' order.
    var workers: [WorkerReport]
    var allocationsLimit: Int
    var connections: ConnectionLimits.Report
    var connectionsLimit: Int
    /// What waits for them.
    var streamMemory = StreamMemory.Report()
    /// Of DTLS; what they speak is not asked.
    var secureSessions = ConnectionLimits.Report()
    var meetings: MeetingReport
    var contacts = ContactReport()
    var dialBack = DialBackServer.Counters()
    var bans = BanReport()
    var store = StoreReport()

    /// All workers together.
    var total: WorkerReport { workers.reduce(into: WorkerReport()) { $0 += $1 } }
}

/// How the store is, and which nodes share it.
struct StoreReport: Hashable, Sendable {
    var kind = OpenedState.Kind.sqlite
    /// Whether it did what it was last asked.
    var isReachable = true
    var nodes: [String] = []

    init() {}

    init(_ kind: OpenedState.Kind, _ stores: StoreThreads, _ fleet: CurrentFleet) {
        self.kind = kind
        switch kind {
        case .sqlite: isReachable = stores.isReachable
        case .postgres:
            isReachable = fleet.isReachable
            nodes = fleet.view?.nodes.map { "\($0)" } ?? []
        }
    }
}

/// Gathers a snapshot from the parts of a running relay.
struct RelayObserver: Sendable {
    let operation: CurrentOperation
    let dataPlane: DataPlane
    let limits: ConnectionLimits
    let place: MeetingPlace
    let contacts: ContactPlace
    let dialBack: DialBackPlace
    let banWatch: BanWatch
    let gate: BanGate
    let stores: StoreThreads
    let storeKind: OpenedState.Kind
    let fleet: CurrentFleet

    func snapshot() async -> RelaySnapshot {
        RelaySnapshot(
            time: .now, operation: operation.now, process: .now(), workers: await dataPlane.reports(),
            allocationsLimit: dataPlane.allocationLimit, connections: limits.report, connectionsLimit: limits.total,
            streamMemory: dataPlane.streamMemory.report, secureSessions: dataPlane.secureSessionReport,
            meetings: await place.report(), contacts: await contacts.report(), dialBack: await dialBack.counters,
            bans: BanReport(banWatch, gate), store: StoreReport(storeKind, stores, fleet))
    }
}
