@testable import Relay
import TestSupport
import Testing

@Suite("OpenAddressingIndex")
struct OpenAddressingIndexTests {
    /// Numbers have keys of the same value; what the hashes are is the test's.
    @Test(
        "random changes leave the same as in a set, however the hashes collide",
        arguments: [UInt32.max, 0xF000_0003, 3, 0], 1...5 as ClosedRange<UInt64>)
    func model(mask: UInt32, seed: UInt64) {
        func hash(_ key: UInt32) -> UInt32 { key &* 0x9E37_79B1 & mask | ~mask & 0x0FFF_FFF0 }
        var random = SplitMix64(seed: seed)
        var index = OpenAddressingIndex()
        var model: Set<UInt32> = []
        for _ in 0..<1500 {
            let key = UInt32.random(in: 0..<300, using: &random)
            if Bool.random(using: &random) {
                if model.insert(key).inserted { index.insert(key, hash(key)) }
            } else {
                model.remove(key)
                index.remove(key, hash(key))
            }
            #expect(index.count == model.count)
            let asked = UInt32.random(in: 0..<300, using: &random)
            #expect(index.first(hash(asked)) { $0 == asked } == (model.contains(asked) ? asked : nil), "seed \(seed)")
        }
        let found = (0..<300 as Range<UInt32>).filter { key in index.first(hash(key)) { $0 == key } != nil }
        #expect(Set(found) == model, "seed \(seed)")
    }

    @Test("of one hash, all numbers are asked about until one is meant")
    func sameHash() {
        var index = OpenAddressingIndex()
        for number in 1...5 as ClosedRange<UInt32> { index.insert(number, 77) }
        var asked: Set<UInt32> = []
        let none = index.first(77) { number in
            asked.insert(number)
            return false
        }
        #expect(none == nil && asked == [1, 2, 3, 4, 5])
        #expect(index.first(78) { _ in true } == nil, "another hash's numbers are not asked about")
    }

    @Test("the largest number has a place, and an empty index nothing")
    func edges() {
        var index = OpenAddressingIndex()
        index.remove(1, 1)
        #expect(index.first(1) { _ in true } == nil)
        index.insert(.max - 1, .max)
        index.insert(0, 0)
        #expect(index.first(.max) { _ in true } == UInt32.max - 1)
        #expect(index.first(0) { _ in true } == 0)
    }
}
