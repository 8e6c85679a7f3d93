public import Foundation
internal import NetPrimitives

/// What `ra-connect` tells of contacts: who is rung, who rings, who is there.
public enum ContactEvent: Hashable, Sendable {
    public enum CallKind: String, Hashable, Sendable, CaseIterable { case ring, offer, request }

    /// What has become of a call that came.
    public enum CallEnd: String, Hashable, Sendable, CaseIterable {
        case accepted, declined, timeout
        /// This person is in a session.
        case busy
        /// Another one was first.
        case taken
        /// The caller has given up.
        case hungUp = "hung-up"
    }

    /// What somebody who was rung does.
    public enum Answer: String, Hashable, Sendable, CaseIterable { case ringing, accepted, declined, unavailable }

    /// This person can be rung, at that address.
    case present(String)
    /// They cannot be for now; the sentence says why.
    case away(String)
    case call(id: UInt32, CallKind, from: String, fingerprint: String, ceiling: String?, message: String?)
    case callEnded(id: UInt32, from: String, CallEnd)
    /// Somebody is rung, or offered or asked something.
    case calling(CallKind, to: String)
    case answer(from: String, Answer)
    /// What the other person types to become a contact.
    case code(String, expires: Date)
    /// Whoever is in the session wants to become a contact.
    case wanted(String, fingerprint: String)
    /// Somebody has become a contact.
    case added(String, fingerprint: String)
}

extension ContactEvent {
    var json: OrderedJSON {
        switch self {
        case .present(let address): .object(["event": .string("present"), "address": .string(address)])
        case .away(let why): .object(["event": .string("away"), "why": .string(why)])
        case .call(let id, let kind, let from, let fingerprint, let ceiling, let message):
            .object([
                "event": .string("call"), "id": .number(id), "kind": .string(kind.rawValue), "from": .string(from),
                "fingerprint": .string(fingerprint), "ceiling": .optional(ceiling), "message": .optional(message),
            ])
        case .callEnded(let id, let from, let end):
            .object(["event": .string("call-ended"), "id": .number(id), "from": .string(from), "why": .string(end.rawValue)])
        case .calling(let kind, let to): .object(["event": .string("calling"), "kind": .string(kind.rawValue), "to": .string(to)])
        case .answer(let from, let answer):
            .object(["event": .string("answer"), "from": .string(from), "answer": .string(answer.rawValue)])
        case .code(let code, let expires):
            .object(["event": .string("contact-code"), "code": .string(code), "expires": .string(expires.formatted(.iso8601))])
        case .wanted(let address, let fingerprint):
            .object(["event": .string("contact-wanted"), "address": .string(address), "fingerprint": .string(fingerprint)])
        case .added(let address, let fingerprint):
            .object(["event": .string("contact"), "address": .string(address), "fingerprint": .string(fingerprint)])
        }
    }

    /// For a person at a terminal; nothing in it that somebody else has written can be taken for a line of ours.
    var sentence: String {
        switch self {
        case .present(let address): "You can be rung now, as \(address.printable)."
        case .away(let why): "You cannot be rung for now. \(why.printable)"
        case .call(let id, let kind, let from, let fingerprint, let ceiling, let message):
            Self.question(id, kind, from.printable, fingerprint, ceiling, message.map(Self.quoted))
        case .callEnded(_, let from, let end): Self.end(end, from.printable)
        case .calling(.ring, let to): "Ringing \(to.printable)…"
        case .calling(.offer, let to): "Offering help to \(to.printable)…"
        case .calling(.request, let to): "Asking \(to.printable) to be your contact…"
        case .answer(let from, .ringing): "It rings at \(from.printable)."
        case .answer(let from, .accepted): "\(from.printable) has said yes."
        case .answer(let from, .declined): "\(from.printable) has said no."
        case .answer(let from, .unavailable): "\(from.printable) is not available."
        case .code(let code, let expires):
            "Tell this code to the other person, and to nobody else: \(code)\nThey type: ra-connect contacts add \(code)\nIt is good until \(expires.localText())."
        case .wanted(let address, let fingerprint):
            """
            Whoever is in this session wants to become your contact, as \(address.printable). Fingerprint: \(fingerprint)
            Type “contact” if you want that too. Otherwise nothing happens.
            """
        case .added(let address, let fingerprint): "\(address.printable) is one of your contacts now. Fingerprint: \(fingerprint)"
        }
    }

    /// Characters of a message that are shown: nobody writes a letter to say why they ring.
    private static let longestMessage = 200

    /// What somebody else has written, in quotation marks that nothing in it closes, on one line and cut short.
    public static func quoted(_ message: String) -> String {
        let line = message.split(whereSeparator: \.isWhitespace).joined(separator: " ").printable
        let text = String(line.map { "“”„‟″〝〞〟".contains($0) ? "'" : $0 })
        return "“\(text.count > longestMessage ? text.prefix(longestMessage - 1) + "…" : text)”"
    }

    private static func question(
        _ id: UInt32, _ kind: CallKind, _ from: String, _ fingerprint: String, _ ceiling: String?, _ message: String?
    ) -> String {
        let says = message.map { " They write: \($0)" } ?? ""
        let question = switch kind {
        case .ring: "\(from), one of your contacts, asks for your help.\(says)"
        case .offer:
            "\(from), one of your contacts, offers help: to see your screen\(ceiling == "view" ? "" : ", and to control it after another yes").\(says)"
        case .request: "\(from) wants to become a contact of yours, and is NOT one yet.\(says) Ask them by another way whether this is their fingerprint, before you say yes."
        }
        return "\(question)\nFingerprint: \(fingerprint)\nType yes \(id) or no \(id)."
    }

    private static func end(_ end: CallEnd, _ from: String) -> String {
        switch end {
        case .accepted: "You said yes to \(from)."
        case .declined: "You said no to \(from)."
        case .timeout: "You did not answer \(from) in time."
        case .busy: "You are in a session, so \(from) was not put through."
        case .taken: "Somebody else helps \(from) already."
        case .hungUp: "\(from) does not call any more."
        }
    }
}
