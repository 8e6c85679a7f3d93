import Foundation
import NetPrimitives
public import Rendezvous
import Session

/// A contact as a person or a program is told of them.
public struct ContactReport: Hashable, Sendable {
    /// Whether they are there, as far as this person may know.
    public enum Presence: Hashable, Sendable {
        case here, away
        /// Their relay was not asked, or did not answer; the sentence says why.
        case unknown(String)
        /// Another key stands for their name now.
        case changedKey(PersonKey)
    }

    public let contact: Contact
    public let presence: Presence

    public init(_ contact: Contact, _ presence: Presence) {
        self.contact = contact
        self.presence = presence
    }

    /// One line of JSON.
    public var json: String {
        let here: OrderedJSON = switch presence {
        case .here: .boolean(true)
        case .away: .boolean(false)
        case .unknown, .changedKey: .null
        }
        let changed: String? = if case .changedKey(let key) = presence { key.fingerprint } else { nil }
        return OrderedJSON.object([
            "address": .string("\(contact.address)"), "fingerprint": .string(contact.key.fingerprint), "since": .string("\(contact.since)"),
            "here": here, "changed_key": .optional(changed), "blocked": .boolean(contact.isBlocked), "offers": .string(contact.offers.rawValue),
        ]).text
    }

    private var row: [String] {
        let there = switch presence {
        case _ where contact.isBlocked: "blocked"
        case .here: "here"
        case .away: "not here"
        case .unknown: "unknown"
        case .changedKey: "ANOTHER KEY"
        }
        return ["\(contact.address)", there, contact.key.fingerprint, contact.offers.rawValue, contact.since.date.localText()]
    }

    /// What is to be said beside the table; nil when nothing is.
    public var warning: String? {
        switch presence {
        case .here, .away: nil
        case .unknown(let why): why
        case .changedKey(let key): "\(ContactBook.Refusal.changedKey(contact.address, known: contact.key, now: key))"
        }
    }

    /// All for a person; without a header when there are none.
    public static func table(_ reports: [ContactReport]) -> String {
        TextTable.text([["CONTACT", "PRESENCE", "FINGERPRINT", "MAY OFFER", "SINCE"]] + reports.map(\.row))
    }

    /// What this person is to tell others, as one line of JSON.
    public static func ownJSON(_ address: PersonAddress?, _ key: PersonKey) -> String {
        OrderedJSON.object([
            "own": .boolean(true), "address": .optional(address), "fingerprint": .string(key.fingerprint),
        ]).text
    }

    public static func ownSentence(_ address: PersonAddress?, _ key: PersonKey) -> String {
        address.map { "You are \($0), with the fingerprint \(key.fingerprint)." }
            ?? "Your fingerprint is \(key.fingerprint). You have no name yet: “ra-connect listen” gives you one."
    }
}
