/// Numbers by the hashes of their keys. The keys are where the numbers point to, so that an entry is eight bytes; who
/// looks something up compares them.
///
/// Open addressing with linear probing, at most half full. What is removed leaves no mark: what was probed past it is
/// moved up, so that no history makes look-ups longer.
struct OpenAddressingIndex: Sendable {
    /// The upper half is the hash, the lower half the number plus one; 0 is an empty place. As many as a power of two.
    private var entries: [UInt64] = []
    private(set) var count = 0

    /// The number that has this hash, and that `isMeant` says is the one.
    func first(_ hash: UInt32, where isMeant: (UInt32) -> Bool) -> UInt32? {
        guard count > 0 else { return nil }
        var place = home(of: hash)
        while entries[place] != 0 {
            if Self.hash(entries[place]) == hash, isMeant(Self.number(entries[place])) { return Self.number(entries[place]) }
            place = self.place(after: place)
        }
        return nil
    }

    /// Adds a number, below `UInt32.max`, that is not there.
    mutating func insert(_ number: UInt32, _ hash: UInt32) {
        if 2 * (count + 1) > entries.count { grow() }
        put(Self.entry(number, hash))
        count += 1
    }

    mutating func remove(_ number: UInt32, _ hash: UInt32) {
        guard count > 0 else { return }
        var place = home(of: hash)
        while entries[place] != Self.entry(number, hash) {
            guard entries[place] != 0 else { return }
            place = self.place(after: place)
        }
        close(place)
        count -= 1
    }

    /// Moves into the hole what may stand there, and then into the hole that this leaves, up to the end of the run.
    private mutating func close(_ emptied: Int) {
        var hole = emptied
        var place = self.place(after: hole)
        while entries[place] != 0 {
            // Only what was probed past the hole on its way from home.
            if distance(from: home(of: Self.hash(entries[place])), to: place) >= distance(from: hole, to: place) {
                entries[hole] = entries[place]
                hole = place
            }
            place = self.place(after: place)
        }
        entries[hole] = 0
    }

    private mutating func grow() {
        let former = entries
        entries = Array(repeating: 0, count: max(16, 2 * former.count))
        for entry in former where entry != 0 { put(entry) }
    }

    private mutating func put(_ entry: UInt64) {
        var place = home(of: Self.hash(entry))
        while entries[place] != 0 { place = self.place(after: place) }
        entries[place] = entry
    }

    private func home(of hash: UInt32) -> Int { Int(hash) & (entries.count - 1) }
    private func place(after place: Int) -> Int { (place + 1) & (entries.count - 1) }
    private func distance(from start: Int, to end: Int) -> Int { (end - start) & (entries.count - 1) }

    private static func entry(_ number: UInt32, _ hash: UInt32) -> UInt64 { UInt64(hash) << 32 | UInt64(number) + 1 }
    private static func hash(_ entry: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: entry >> 32) }
    private static func number(_ entry: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: entry) &- 1 }
}
