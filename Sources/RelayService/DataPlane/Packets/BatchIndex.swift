/// An open-addressing index from hashes to small numbers, emptied in one step: what a batch finds its trains by.
///
/// It holds places only; whoever asks compares what the numbers stand for. At most a quarter of the places are taken.
struct BatchIndex: ~Copyable {
    /// The upper half is the age in which a place was taken, the lower half the number.
    private let places: UnsafeMutablePointer<UInt64>
    private let mask: Int
    private var age: UInt64 = 1

    /// - Parameter capacity: numbers at most between two `clear`s, a power of two.
    init(capacity: Int) {
        mask = capacity * 4 - 1
        // unsafe: lives as long as the index; every place is masked.
        places = .allocate(capacity: mask + 1)
        places.initialize(repeating: 0, count: mask + 1)
    }

    deinit { places.deallocate() }

    func place(for hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & mask }
    func place(after place: Int) -> Int { (place &+ 1) & mask }

    /// The number at a place, -1 when there is none.
    subscript(place: Int) -> Int {
        get { places[place] >> 32 == age ? Int(truncatingIfNeeded: places[place] & 0xFFFF_FFFF) : -1 }
        set { places[place] = age << 32 | UInt64(UInt32(truncatingIfNeeded: newValue)) }
    }

    mutating func clear() {
        age &+= 1
        guard age > 0xFFFF_FFFF else { return }
        places.update(repeating: 0, count: mask + 1)
        age = 1
    }
}
