import ScreenCodec
import TestSupport
import Testing

@Suite struct DamageRegionTests {
    @Test("a rectangle inside another adds nothing, and one around others replaces them")
    func containment() {
        var region = DamageRegion(Rectangle(x: 0, y: 0, width: 10, height: 10))
        region.insert(Rectangle(x: 2, y: 2, width: 3, height: 3))
        #expect(region.rectangles.count == 1)
        region.insert(Rectangle(x: -1, y: -1, width: 30, height: 30))
        #expect(region.rectangles == [Rectangle(x: -1, y: -1, width: 30, height: 30)])
        region.insert(Rectangle(x: 50, y: 50, width: 0, height: 9))
        #expect(region.rectangles.count == 1)
    }

    @Test("however much is damaged, the table stays bounded and covers all of it", arguments: [1, 2, 3] as [UInt64])
    func bounded(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var region = DamageRegion()
        var inserted: [Rectangle] = []
        for _ in 0..<1_000 {
            let rectangle = Rectangle(
                x: .random(in: 0..<2_000, using: &random), y: .random(in: 0..<2_000, using: &random),
                width: .random(in: 1..<9, using: &random), height: .random(in: 1..<9, using: &random))
            region.insert(rectangle)
            inserted.append(rectangle)
            #expect(region.rectangles.count <= DamageRegion.maximumCount)
        }
        #expect(inserted.allSatisfy { rectangle in region.rectangles.contains { $0.contains(rectangle) } }, "seed \(seed)")
    }

    @Test("rows are ascending ranges that do not meet")
    func rows() {
        var region = DamageRegion()
        region.insert(Rectangle(x: 0, y: 50, width: 1, height: 10))
        region.insert(Rectangle(x: 9, y: 5, width: 1, height: 5))
        region.insert(Rectangle(x: 5, y: 10, width: 1, height: 3))
        #expect(region.rows == [5..<13, 50..<60])
    }

    @Test("what lies outside is cut off")
    func clipped() {
        var region = DamageRegion(Rectangle(x: -5, y: -5, width: 10, height: 10))
        region.insert(Rectangle(x: 200, y: 200, width: 5, height: 5))
        let bounds = Rectangle(x: 0, y: 0, width: 100, height: 100)
        #expect(region.clipped(to: bounds).rectangles == [Rectangle(x: 0, y: 0, width: 5, height: 5)])
    }
}
