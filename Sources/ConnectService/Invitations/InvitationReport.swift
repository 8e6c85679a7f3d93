public import Foundation
import NetPrimitives
public import Rendezvous
import Session

/// How one of this person's invitations stands, for them and for programs.
public struct InvitationReport: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        case known(InvitationStatus.State)
        /// The relay has forgotten it.
        case forgotten
        /// The relay was not reached: the sentence is why.
        case unreachable(String)
        /// The relay was reached, and does not say now: the sentence is why.
        case unsaid(String)
        /// The relay does not let its owner have more of it: the sentence is why.
        case forbidden(String)
    }

    public var record: InvitationRecord
    /// Whether the program lives that waits under it.
    public var isRunning: Bool
    public var state: State

    /// - Parameter answer: the relay's.
    init(_ found: InvitationRecords.Found, answer: OwnerRequest.Answer, at now: UnixTime) {
        record = found.record
        isRunning = found.isHeld
        switch answer {
        case .status(let status):
            record.expires = status.expires
            state = .known(status.state)
        case .extended(let expires):
            record.expires = expires
            state = .known(.open)
        case .closed(let reason): state = .known(InvitationStatus.State(reason))
        // A relay forgets what is over; why it is, the clock says.
        case .gone: state = record.expires <= now ? .known(.expired) : .forgotten
        case .elsewhere: state = .unsaid("The relays name each other: try again in a few seconds.")
        case .refused(.notAllowed): state = .forbidden(RelayErrorCode.notAllowed.description)
        case .refused(let code): state = .unsaid(code.description)
        }
    }

    init(_ found: InvitationRecords.Found, unreachable why: String) {
        record = found.record
        isRunning = found.isHeld
        state = .unreachable(why)
    }

    /// Whether its relay has not said how it stands.
    public var isUnknown: Bool {
        switch state {
        case .known, .forgotten, .forbidden: false
        case .unreachable, .unsaid: true
        }
    }

    /// Whether its relay was not reached.
    public var isUnreachable: Bool {
        switch state {
        case .known, .forgotten, .forbidden, .unsaid: false
        case .unreachable: true
        }
    }

    /// Whether the relay's policy is against it.
    public var isForbidden: Bool {
        switch state {
        case .known, .forgotten, .unreachable, .unsaid: false
        case .forbidden: true
        }
    }

    /// Whether a helper could still come by it, now or when its program is back.
    public var isOpen: Bool {
        switch state {
        case .known(let state): !state.isOver
        case .forgotten: false
        case .unreachable, .unsaid, .forbidden: true
        }
    }
}

// MARK: For programs

extension InvitationReport {
    private var word: String {
        switch state {
        case .known(let state): state.rawValue
        case .forgotten: "gone"
        case .unreachable: "unreachable"
        case .unsaid: "unknown"
        case .forbidden: "not-allowed"
        }
    }

    /// One line; times as RFC 3339, in UTC.
    public var json: String {
        OrderedJSON.object([
            "id": .string(record.id), "state": .string(word), "running": .boolean(isRunning),
            "made": .string(record.made.description), "expires": .string(record.expires.description),
            "ceiling": .string(record.ceiling.rawValue), "relay": .string(record.relay.description),
        ]).text
    }
}

// MARK: For people

extension InvitationReport {
    /// What it is, as a sentence.
    public func sentence(in zone: TimeZone = .current) -> String {
        let name = "The invitation \(record.id)"
        let expires = record.expires.date.localText(in: zone)
        switch state {
        case .known(.open): return "\(name) is good until \(expires)."
        case .known(.away) where isRunning: return "\(name) is good until \(expires); its program is getting the relay back."
        case .known(.away): return "\(name) is good until \(expires), but the program that made it has ended: nobody can come by it."
        case .known(.inUse): return "\(name) is used: your helper is here, and nobody else can come by it."
        case .known(.used): return "\(name) was used."
        case .known(.expired): return "\(name) has expired."
        case .known(.burnt): return "\(name) is void: its code was guessed at three times."
        case .known(.revoked): return "\(name) was taken back."
        case .forgotten: return "\(name) is not known to the relay any more."
        case .unreachable(let why), .unsaid(let why): return "How the invitation \(record.id) stands, nobody can say now. \(why)"
        case .forbidden(let why): return "\(name) stays as it is. \(why)"
        }
    }

    private var stateText: String {
        switch state {
        case .known(.open): "open"
        case .known(.away): isRunning ? "open, not connected" : "open, its program has ended"
        case .known(.inUse): "in use"
        case .known(.used): "used"
        case .known(.expired): "expired"
        case .known(.burnt): "void: guessed at three times"
        case .known(.revoked): "taken back"
        case .forgotten: "forgotten by the relay"
        case .unreachable: "relay not reached"
        case .unsaid: "relay does not say"
        case .forbidden: "not allowed"
        }
    }

    /// Several, a line each under a heading.
    public static func table(_ reports: [InvitationReport], in zone: TimeZone = .current) -> String {
        let header = ["ID", "STATE", "MADE", "GOOD UNTIL", "ALLOWS", "RELAY"]
        let rows = reports.map { report in
            let record = report.record
            return [
                record.id, report.stateText, record.made.date.localText(in: zone), record.expires.date.localText(in: zone),
                record.ceiling == .view ? "view" : "view, control", record.relay.description,
            ]
        }
        return TextTable.text([header] + rows)
    }
}
