import Foundation
import Synchronization

/// What an operator asks of a relay besides its counters: since when, where, with which certificate, how the last
/// reload went, whether it is draining.
struct OperationState: Hashable, Sendable {
    struct Reloads: Hashable, Sendable {
        var succeeded: UInt64 = 0
        var failed: UInt64 = 0
        var lastSucceeded = true
        /// At first the start.
        var lastSuccess: Date
        /// The keys that differ since, and wait for a restart.
        var waiting: [String] = []
    }

    struct Drain: Hashable, Sendable {
        var since: Date
        var deadline: Date
    }

    let started: Date
    var reloads: Reloads
    /// nil until every listener has been tried.
    var place: Place?
    /// The end of the certificate in use; nil when there is none.
    var certificateEnd: Date?
    var drain: Drain?
    /// Whether the configuration names no secret.
    var signsWithStateSecret = true

    /// Where a relay is reached.
    struct Place: Hashable, Sendable {
        var url: String
        var realm: String
        var udp: [String]
        var tcp: [String]
        var metrics: String?
    }

    init(started: Date) {
        self.started = started
        reloads = Reloads(lastSuccess: started)
    }

    var isReady: Bool { place != nil && drain == nil }
}

/// The state of a running relay, for all of its threads.
final class CurrentOperation: Sendable {
    private let state: Mutex<OperationState>

    init(started: Date = .now) { state = Mutex(OperationState(started: started)) }

    var now: OperationState { state.withLock { $0 } }

    func change(_ body: (inout OperationState) -> Void) { state.withLock { body(&$0) } }
}
