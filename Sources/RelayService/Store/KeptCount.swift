import Synchronization

/// How many rows there are, without counting them each time: what was added and removed here since they were counted is added to it.
///
/// So of a database that several nodes use it is as wrong as what the others have done meanwhile.
final class KeptCount: Sendable {
    private struct Count { var number: Int, at: UInt64 }

    private let last = Mutex<Count?>(nil)

    /// - Parameters:
    ///   - time: in seconds, by any clock that is always the same.
    ///   - lifetime: how long a count is good, in seconds.
    ///   - count: counts the rows.
    func number(at time: UInt64, keptFor lifetime: UInt64, count: () throws -> Int) rethrows -> Int {
        if let last = last.withLock({ $0 }), time >= last.at, time - last.at < lifetime { return last.number }
        let number = try count()
        last.withLock { $0 = Count(number: number, at: time) }
        return number
    }

    /// Whether there are fewer than so many. Rows are counted every five seconds, which takes a few milliseconds for 100,000 of them;
    /// where there is no room every second, so that it is soon noticed that there is again.
    func hasRoom(for bound: Int, at time: UInt64, count: () throws -> Int) rethrows -> Bool {
        if try number(at: time, keptFor: 5, count: count) < bound { return true }
        return try number(at: time, keptFor: 1, count: count) < bound
    }

    func add(_ difference: Int) { last.withLock { $0?.number += difference } }
}
