import NetPrimitives
import Relay

/// What the connections of a TCP allocation may carry: bytes alone, as a stream has no packets of ours. What is too
/// much waits at the sender. Used by any thread.
struct StreamTraffic: Sendable {
    /// Bytes that are admitted at a time at the least: a packet's. At the most it is four milliseconds' worth, as
    /// for a worker. So whoever shares a limit with a stream waits for no more than with packets.
    static let smallestPiece = 1500
    private static let piecesPerSecond = 250

    let allocation: TrafficBudget
    let user: TrafficBudget
    let total: TrafficBudget
    let limits: CurrentTrafficLimits

    /// How many of some bytes may pass now, which are counted with that. When it is not all of them, the rest may ask
    /// again later; for how long, nobody knows: limits change.
    func admits(upTo count: Int, at now: Instant) -> Int {
        // An invitation's user has no TCP allocation.
        let limits = limits.value
        let lines = [(allocation, limits.perAllocation), (user, limits.perUser), (total, limits.total)]
        let piece = lines.map { Self.piece(of: $0.1) }.min() ?? count
        var admitted = 0
        while admitted < count {
            let next = min(piece, count - admitted)
            guard Self.take(next, of: lines, at: now) else { break }
            admitted += next
        }
        return admitted
    }

    private static func piece(of rate: TrafficLimits.Rate) -> Int {
        rate.bytes > 0 ? max(smallestPiece, rate.bytes / piecesPerSecond) : .max
    }

    /// All of them admit it, or none is charged.
    private static func take(_ count: Int, of lines: [(TrafficBudget, TrafficLimits.Rate)], at now: Instant) -> Bool {
        for (index, (budget, rate)) in lines.enumerated() where !budget.admits(bytes: count, rate, at: now) {
            for (budget, rate) in lines[..<index] { budget.giveBack(bytes: count, rate) }
            return false
        }
        return true
    }
}
