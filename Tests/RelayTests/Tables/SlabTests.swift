@testable import Relay
import TestSupport
import Testing

@Suite("Slab")
struct SlabTests {
    @Test("random changes leave the same as in a dictionary, and old handles find nothing", arguments: 1...10 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var slab = Slab<Int>()
        var model: [Slab<Int>.Handle: Int] = [:]
        var gone: [Slab<Int>.Handle] = []
        for number in 0..<2000 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                let handle = slab.insert(number)
                #expect(model[handle] == nil && !gone.contains(handle), "seed \(seed): a handle was given twice")
                model[handle] = number
            case 2:
                guard let handle = model.keys.randomElement(using: &random) else { continue }
                #expect(slab.remove(handle) == model.removeValue(forKey: handle))
                gone.append(handle)
            case 3:
                guard let handle = model.keys.randomElement(using: &random) else { continue }
                slab[handle]? += 1
                model[handle]? += 1
            default:
                guard let handle = gone.randomElement(using: &random) else { continue }
                slab[handle]? += 1
                slab[handle] = number
                #expect(slab[handle] == nil && slab.remove(handle) == nil, "seed \(seed)")
            }
            #expect(slab.count == model.count)
        }
        #expect(Set(slab.handles) == Set(model.keys), "seed \(seed)")
        for (handle, value) in model {
            #expect(slab[handle] == value && slab.handle(at: handle.number) == handle, "seed \(seed)")
        }
    }

    @Test("nothing is found in an empty one, nor under the handle that is nothing's")
    func nothing() {
        var slab = Slab<Int>()
        #expect(slab[.none] == nil && slab.remove(.none) == nil && slab.handle(at: 0) == nil && slab.handle(at: .max) == nil)
        let handle = slab.insert(1)
        #expect(slab[.none] == nil && slab[handle] == 1)
    }

    @Test("a place is used again, and no more when its generations are used up")
    func generations() {
        var slab = Slab<Int>(lastGeneration: 2)
        var handles: [Slab<Int>.Handle] = []
        for number in 0..<7 {
            handles.append(slab.insert(number))
            #expect(slab.remove(handles[number]) == number)
        }
        #expect(handles.map(\.number) == [0, 0, 0, 1, 1, 1, 2])
        #expect(Set(handles).count == 7)
        slab[handles[2]] = 9
        #expect(handles.allSatisfy { slab[$0] == nil })
        #expect(slab.handles.isEmpty)
    }
}
