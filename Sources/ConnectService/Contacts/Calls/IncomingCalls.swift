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

    private(set) var entries: [Entry] = []
    private var lastNumber: UInt32 = 0

    /// Nil when too many wait, or this caller waits already with the same kind.
    mutating func add(_ call: CallID, from caller: PersonKey, _ letter: CallLetter, at now: Instant) -> Entry? {
        guard entries.count < Self.limit, !entries.contains(where: { $0.caller == caller && $0.letter.kind == letter.kind }) else { return nil }
        lastNumber = lastNumber == .max ? 1 : lastNumber + 1
        let patience = letter.kind == .request ? Self.longPatience : Self.patience
        let entry = Entry(number: lastNumber, call: call, caller: caller, letter: letter, deadline: now + patience)
        entries.append(entry)
        return entry
    }

    /// The one that is answered: the oldest when no number is given.
    mutating func take(_ number: UInt32?) -> Entry? {
        guard let index = number == nil ? entries.indices.first : entries.firstIndex(where: { $0.number == number }) else { return nil }
        return entries.remove(at: index)
    }

    /// Whoever called does not any more.
    mutating func remove(_ call: CallID) -> Entry? {
        entries.firstIndex { $0.call == call }.map { entries.remove(at: $0) }
    }

    mutating func removeAll() -> [Entry] {
        defer { entries = [] }
        return entries
    }

    var nextDeadline: Instant? { entries.map(\.deadline).min() }

    /// Those that nobody has answered in time.
    mutating func expire(at now: Instant) -> [Entry] {
        let expired = entries.filter { $0.deadline <= now }
        entries.removeAll { $0.deadline <= now }
        return expired
    }
}
