import Foundation
import HostNetwork
import NetPrimitives
import Session

/// Watches one session, and writes it down at its end.
struct SessionRecorder {
    private let history: SessionHistory?
    private let started: Date
    private let startedAt: Instant
    private var elapsed: Int64?
    private var path: PathDescription?
    private var tried: [TriedPair] = []
    private var fingerprint: String?
    private var verified = SessionEventLine.Verification.code
    var ledger = SessionLedger()

    /// - Parameters:
    ///   - history: nil when nothing is to be written down.
    ///   - start: of the session, in the past.
    init(history: SessionHistory?, from start: Instant) {
        self.history = history
        startedAt = start
        started = Date(timeIntervalSinceNow: -TimeInterval((MonotonicClock.now() - start).milliseconds) / 1000)
    }

    mutating func connected(elapsedMilliseconds: Int64, path: PathDescription, tried: [TriedPair]) {
        elapsed = elapsedMilliseconds
        self.path = path
        remember(tried)
    }

    /// Who the other side is, by the secret that it has proven.
    mutating func met(fingerprint: String, verified: SessionEventLine.Verification = .code) {
        self.fingerprint = fingerprint
        self.verified = verified
    }

    mutating func moved(to path: PathDescription) { self.path = path }

    /// - Parameter tried: what became of each pair by now.
    mutating func end(
        _ reason: EndReason, _ detail: String, role: Role, peer: String, tried: [TriedPair], findings: [RouterFinding]
    ) {
        remember(tried)
        let record = SessionRecord(
            started: started.formatted(.iso8601), seconds: (MonotonicClock.now() - startedAt).components.seconds,
            role: role == .sharer ? "sharer" : "helper", peer: String(peer.prefix(100)),
            verified: verified.rawValue, fingerprint: fingerprint, consents: ledger.consents,
            consents_left_out: ledger.leftOut > 0 ? ledger.leftOut : nil, sent: ledger.sent, received: ledger.received,
            connections: ledger.connections.isEmpty ? nil : ledger.connections,
            elapsed_ms: elapsed,
            path: path.map(SessionRecord.Path.init), tried: self.tried.map(SessionRecord.Tried.init),
            findings: findings.map(SessionRecord.Finding.init),
            ended: SessionRecord.End(reason: reason.rawValue, detail: String(detail.prefix(200))))
        // A session that cannot be written down has been one all the same.
        try? history?.append(record)
    }

    /// What is known of a pair in the end counts, unless it is less than was known before.
    private mutating func remember(_ pairs: [TriedPair]) {
        for pair in pairs {
            if let known = tried.firstIndex(where: { $0.local == pair.local && $0.remote == pair.remote }) {
                if pair.result != .frozen { tried[known] = pair }
            } else if tried.count < SessionRecord.pairLimit {
                tried.append(pair)
            }
        }
    }
}
