import NetPrimitives
import Rendezvous

/// The calls that wait for this person's answer, numbered for the terminal and the desktop.
struct IncomingCalls: Sendable {
    struct Entry: Sendable {
        /// What a person types, from 1.
        let number: UInt32
        let call: CallID
        let caller: PersonKey
        let letter: CallLetter
        let deadline: Instant
    }

    /// Nobody answers more at once; who calls besides is not told why there is no answer.
    static let limit = 8
    /// A telephone does not ring for longer.
    static let patience = Duration.seconds(60)
    /// A request to become a contact may be thought about.
    static let longPatience = Duration.seconds(300)

    /// A bare yes or no may have been meant for whoever called a moment ago: as long as in a session, where a question changes.
    static let settling = Duration.seconds(3)

    /// Why an answer is not taken; the sentence says what to write.
    enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        case nobody
        case several([UInt32])
        /// Who waits has just changed.
        case changed(UInt32)
        /// Somebody who is no contact chooses themselves when they ask: the answer is to be meant for them.
        case stranger(UInt32)

        var description: String {
            switch self {
            case .nobody: "Nobody calls."
            case .several(let numbers):
                "More than one waits for your answer: write yes or no, and the number: \(numbers.map(String.init).joined(separator: ", "))."
            case .changed(let number): "Who calls has just changed: look again, and write “yes \(number)” or “no \(number)”."
            case .stranger(let number): "Somebody who is none of your contacts asks: write “yes \(number)” or “no \(number)”."
            }
        }
    }

    private(set) var entries: [Entry] = []
    private(set) var lastNumber: UInt32 = 0
    /// When somebody came or went last.
    private var changed = Instant.zero

    /// Nil when too many wait, or this caller waits already with the same kind.
    mutating func add(_ call: CallID, from caller: PersonKey, _ letter: CallLetter, at now: Instant) -> Entry? {
        guard entries.count < Self.limit, !entries.contains(where: { $0.caller == caller && $0.letter.kind == letter.kind }) else { return nil }
        lastNumber = lastNumber == .max ? 1 : lastNumber + 1
        let patience = letter.kind == .request ? Self.longPatience : Self.patience
        let entry = Entry(number: lastNumber, call: call, caller: caller, letter: letter, deadline: now + patience)
        entries.append(entry)
        changed = now
        return entry
    }

    /// A session has asked by that number: what is typed for it too late is to be no later call's.
    mutating func pass(_ number: UInt32) {
        // The other side chooses it, and is not to use the numbers up.
        if number > lastNumber, number - lastNumber <= Self.longestPass { lastNumber = number }
    }

    private static let longestPass: UInt32 = 1000

    /// The one that is answered. Without a number it is the contact who alone calls, and has for a while.
    mutating func take(_ number: UInt32?, at now: Instant) throws(Refusal) -> Entry {
        let index: Int
        if let number {
            guard let named = entries.firstIndex(where: { $0.number == number }) else { throw .nobody }
            index = named
        } else {
            guard let only = entries.first else { throw .nobody }
            guard entries.count == 1 else { throw .several(entries.map(\.number)) }
            guard only.letter.kind != .request else { throw .stranger(only.number) }
            guard changed + Self.settling <= now else { throw .changed(only.number) }
            index = 0
        }
        changed = now
        return entries.remove(at: index)
    }

    /// Whoever called does not any more.
    mutating func remove(_ call: CallID, at now: Instant) -> Entry? {
        guard let index = entries.firstIndex(where: { $0.call == call }) else { return nil }
        changed = now
        return entries.remove(at: index)
    }

    mutating func removeAll() -> [Entry] {
        defer { entries = [] }
        return entries
    }

    var nextDeadline: Instant? { entries.map(\.deadline).min() }

    /// Those that nobody has answered in time.
    mutating func expire(at now: Instant) -> [Entry] {
        let expired = entries.filter { $0.deadline <= now }
        guard !expired.isEmpty else { return [] }
        entries.removeAll { $0.deadline <= now }
        changed = now
        return expired
    }
}
