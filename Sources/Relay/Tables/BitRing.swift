/// Which places of a ring are taken. The next one from any place on is found by looking at three words.
struct BitRing: Sendable {
    static let count = 64 * 64

    private var words = [UInt64](repeating: 0, count: 64)
    /// A bit for every word that is not 0.
    private var summary: UInt64 = 0

    var isEmpty: Bool { summary == 0 }

    mutating func insert(_ place: Int) {
        words[place >> 6] |= 1 << UInt64(place & 63)
        summary |= 1 << UInt64(place >> 6)
    }

    mutating func remove(_ place: Int) {
        words[place >> 6] &= ~(1 << UInt64(place & 63))
        if words[place >> 6] == 0 { summary &= ~(1 << UInt64(place >> 6)) }
    }

    /// The first taken place from here on, once round the ring.
    func first(from start: Int) -> Int? {
        guard summary != 0 else { return nil }
        let word = start >> 6
        let here = words[word] & ~0 << UInt64(start & 63)
        if here != 0 { return word << 6 | here.trailingZeroBitCount }
        // The summary, turned so that the word after this one comes first and this one, of which the part before the
        // start is left, comes last.
        let next = (word + 1) & 63
        let turned = summary &>> UInt64(next) | summary &<< UInt64(64 - next)
        let found = (next + turned.trailingZeroBitCount) & 63
        return found << 6 | words[found].trailingZeroBitCount
    }
}
