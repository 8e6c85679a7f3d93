import NetPrimitives

/// The connections at the door that have shown nothing yet: how many at once, and for how long.
///
/// When all places are taken, or all of its source, the one that came first goes: a peer shows its check within a round trip, and
/// who keeps a place longer is none. So nobody keeps anybody out.
struct Guests {
    /// In all.
    static let limit = 16
    /// Of one household: a peer opens a connection from each of its addresses, all of which its
    /// router may make one.
    static let limitOfSource = 8
    /// Until the check is there: its packet, lost twice.
    static let patience = Duration.seconds(5)

    private struct Guest {
        let number: Int
        let source: IPAddress
        let until: Instant
    }

    /// In the order in which they came.
    private var guests: [Guest] = []

    var nextDeadline: Instant? { guests.first?.until }

    /// One more has come.
    ///
    /// - Returns: whose place it takes, and who has to be sent away.
    mutating func admit(_ number: Int, from source: IPAddress, at now: Instant) -> Int? {
        let source = source.household
        let isSourceFull = guests.count { $0.source == source } >= Self.limitOfSource
        let leaving = isSourceFull ? guests.firstIndex { $0.source == source } : guests.count >= Self.limit ? 0 : nil
        defer { guests.append(Guest(number: number, source: source, until: now + Self.patience)) }
        return leaving.map { guests.remove(at: $0).number }
    }

    /// It has shown what it is, or is gone.
    mutating func remove(_ number: Int) { guests.removeAll { $0.number == number } }

    /// - Returns: those whose time is over; they are no guests any more.
    mutating func handleTimeout(at now: Instant) -> [Int] {
        let late = guests.filter { $0.until <= now }.map(\.number)
        guests.removeAll { $0.until <= now }
        return late
    }
}
