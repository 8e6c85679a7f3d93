import Foundation
import Session

/// What is kept of one session for whoever asks later why it went as it did. A later version may add keys: what a reader does
/// not know it leaves out.
public struct SessionRecord: Codable, Hashable, Sendable {
    /// As in the event `connected`.
    struct Path: Codable, Hashable, Sendable {
        var kind: String
        var transport: String
        var local: String
        var remote: String
    }

    /// As in the event `candidates`.
    struct Tried: Codable, Hashable, Sendable {
        var local: String
        var remote: String
        var kind: String
        var result: String
        var ms: Int64?
        var why: String?
    }

    /// As in the event `candidates`.
    struct Finding: Codable, Hashable, Sendable {
        var local: String
        var external: String?
        var why: String
    }

    /// As in the event `ended`.
    struct End: Codable, Hashable, Sendable {
        var reason: String
        var detail: String
    }

    /// Something that was asked, answered, or taken back.
    struct Consent: Codable, Hashable, Sendable {
        /// RFC 3339, in UTC.
        var at: String
        /// `asked`, `granted`, `denied`, `revoked`, `paused` or `resumed`.
        var what: String
        /// Which capability it is about; nil for what is about all of them.
        var kind: String?
        /// Who decided, as in the events; nil for what nobody decides.
        var by: String?
        /// Which file, which way, which connection.
        var about: String?
    }

    /// A file that went over, whole.
    struct File: Codable, Hashable, Sendable {
        var name: String
        var bytes: Int64
    }

    /// What went from clipboard to clipboard; what was in it is kept nowhere.
    struct Copied: Codable, Hashable, Sendable {
        var texts: Int
        var bytes: Int
    }

    /// What went from this computer to the other one.
    struct Sent: Codable, Hashable, Sendable {
        /// Of the screen, and their bytes.
        var pictures = 0
        var bytes = 0
        /// Lines of chat; what was in them is kept nowhere.
        var messages = 0
        /// Nil for none.
        var files: [File]?
        /// Nil for nothing.
        var copied: Copied?
    }

    /// What came from the other one and was let through.
    struct Received: Codable, Hashable, Sendable {
        /// Keys and the pointer: each press, release and movement is one.
        var inputs = 0
        var messages = 0
        /// Nil for none.
        var files: [File]?
        /// Nil for nothing.
        var copied: Copied?
    }

    /// TCP connections that the sharer has lent to the helper, to one place.
    struct Connections: Codable, Hashable, Sendable {
        var to: String
        var count: Int
        /// Bytes that this computer sent to the other one for them, and got from it.
        var sent: Int
        var received: Int
    }

    /// As many as a long session has; beyond them the oldest but the first go.
    static let consentLimit = 200
    /// As many files of a session are named.
    static let fileLimit = 100
    /// More pairs than an agent has (RFC 8445 §6.1.2.5).
    static let pairLimit = 100

    /// RFC 3339, in UTC.
    var started: String
    /// From the start to the end.
    var seconds: Int64
    /// `sharer` or `helper`.
    var role: String
    /// What the other side is called.
    var peer: String
    /// How it was recognised, as in the event `helper`, and the SHA-256 fingerprint of its program's certificate. Nil, as all that
    /// follows it, in the records of versions that did not tell.
    var verified: String?
    var fingerprint: String?
    /// In the order in which it happened.
    var consents: [Consent]?
    /// How many are left out between the first and the second.
    var consents_left_out: Int?
    var sent: Sent?
    var received: Received?
    var connections: [Connections]?
    /// Milliseconds to `connected`; nil when it did not come to that.
    var elapsed_ms: Int64?
    /// The last path; nil when there was none.
    var path: Path?
    var tried: [Tried]
    /// What was wrong with ports that routers opened; nil in the records of versions that did not tell.
    var findings: [Finding]?
    var ended: End
}

extension SessionRecord.Path {
    init(_ path: PathDescription) {
        self.init(kind: path.kind.rawValue, transport: path.transport.rawValue, local: path.local, remote: path.remote)
    }
}

extension SessionRecord.Tried {
    init(_ pair: TriedPair) {
        self.init(
            local: pair.local, remote: pair.remote, kind: pair.kind.rawValue, result: pair.result.rawValue,
            ms: pair.milliseconds, why: pair.why.map { String($0.prefix(200)) })
    }
}

extension SessionRecord.Finding {
    init(_ finding: RouterFinding) {
        self.init(local: finding.local, external: finding.external, why: String(finding.why.prefix(300)))
    }
}
