/// Keycodes that meant nothing and stand for a character of ours for a while.
///
/// Programs look up a key's meaning when they get to it, not when it is pressed. So a borrowed key keeps its meaning for
/// a grace period after its last use before it gets another one.
struct BorrowedKeys {
    /// Slower programs than this show the wrong character now and then.
    static let grace: Duration = .milliseconds(250)
    /// Unused for so long, a key is given back.
    static let idle: Duration = .seconds(2)

    private struct Loan {
        let keycode: UInt8
        var keysym: Keysym
        var lastUse: ContinuousClock.Instant
    }

    /// At most one for each of 256 keycodes.
    private var loans: [Loan] = []

    var isEmpty: Bool { loans.isEmpty }
    var lastUse: ContinuousClock.Instant? { loans.map(\.lastUse).max() }

    /// The key that stands for a keysym; using it prolongs the loan.
    mutating func use(_ keysym: Keysym, at now: ContinuousClock.Instant) -> UInt8? {
        guard let index = loans.firstIndex(where: { $0.keysym == keysym }) else { return nil }
        loans[index].lastUse = now
        return loans[index].keycode
    }

    func contains(_ keycode: UInt8) -> Bool { loans.contains { $0.keycode == keycode } }

    mutating func add(_ keycode: UInt8, as keysym: Keysym, at now: ContinuousClock.Instant) {
        loans.append(Loan(keycode: keycode, keysym: keysym, lastUse: now))
    }

    /// The key unused for longest and not held down, and since when. It is taken out of the table.
    mutating func removeOldest(keeping held: [UInt8: Keysym]) -> (keycode: UInt8, lastUse: ContinuousClock.Instant)? {
        let free = loans.indices.filter { held[loans[$0].keycode] == nil }
        guard let index = free.min(by: { loans[$0].lastUse < loans[$1].lastUse }) else { return nil }
        let loan = loans.remove(at: index)
        return (loan.keycode, loan.lastUse)
    }

    /// Takes out the keys that nobody used for a while and nobody holds down.
    mutating func removeIdle(at now: ContinuousClock.Instant, keeping held: [UInt8: Keysym]) -> [UInt8] {
        let idle = loans.filter { now - $0.lastUse >= Self.idle && held[$0.keycode] == nil }.map(\.keycode)
        loans.removeAll { idle.contains($0.keycode) }
        return idle
    }

    mutating func removeAll() -> [UInt8] {
        defer { loans = [] }
        return loans.map(\.keycode)
    }

    /// Forgets the keys that somebody else gave another meaning, as choosing a layout does.
    mutating func keepOnly(_ stillOurs: (_ keycode: UInt8, _ keysym: Keysym) -> Bool) {
        loans.removeAll { !stillOurs($0.keycode, $0.keysym) }
    }
}
