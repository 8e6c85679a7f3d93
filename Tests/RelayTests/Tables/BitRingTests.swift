@testable import Relay
import TestSupport
import Testing

@Suite("BitRing")
struct BitRingTests {
    @Test("random changes leave the same as in a set", arguments: 1...10 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var ring = BitRing()
        var model: Set<Int> = []
        for _ in 0..<2000 {
            let place = Int.random(in: 0..<BitRing.count, using: &random)
            // Mostly sparse: from one place to the next it is far.
            if model.count < 12, Bool.random(using: &random) {
                ring.insert(place)
                model.insert(place)
            } else if let victim = model.randomElement(using: &random) {
                ring.remove(victim)
                model.remove(victim)
            }
            let start = Bool.random(using: &random) ? place : model.randomElement(using: &random) ?? place
            let next = model.min { ($0 - start) & (BitRing.count - 1) < ($1 - start) & (BitRing.count - 1) }
            #expect(ring.first(from: start) == next, "seed \(seed)")
            #expect(ring.isEmpty == model.isEmpty)
        }
    }

    @Test("every place is found from every word", arguments: [0, 1, 63, 64, 2047, 4095])
    func places(_ place: Int) {
        var ring = BitRing()
        ring.insert(place)
        #expect((0..<BitRing.count).allSatisfy { ring.first(from: $0) == place })
        ring.remove(place)
        #expect(ring.first(from: place) == nil)
    }
}
