/// What changed on a screen: a bounded number of rectangles that together cover it, and may cover a little more.
public struct DamageRegion: Hashable, Sendable {
    /// More rectangles than this cost more to handle one by one than the pixels they would save.
    public static let maximumCount = 32

    /// In no particular order; they may overlap. None is empty.
    public private(set) var rectangles: [Rectangle] = []

    public init() {}
    public init(_ rectangle: Rectangle) { insert(rectangle) }

    public var isEmpty: Bool { rectangles.isEmpty }

    /// The smallest rectangle around everything.
    public var bounds: Rectangle {
        rectangles.reduce(Rectangle(x: 0, y: 0, width: 0, height: 0)) { $0.union($1) }
    }

    /// Adds an area. When the table is full it is joined with the rectangle that grows least by it.
    public mutating func insert(_ rectangle: Rectangle) {
        guard !rectangle.isEmpty, !rectangles.contains(where: { $0.contains(rectangle) }) else { return }
        rectangles.removeAll { rectangle.contains($0) }
        guard rectangles.count >= Self.maximumCount else { return rectangles.append(rectangle) }
        func growth(_ index: Int) -> Int { rectangles[index].union(rectangle).area - rectangles[index].area }
        guard let best = rectangles.indices.min(by: { growth($0) < growth($1) }) else { return }
        rectangles[best] = rectangles[best].union(rectangle)
    }

    public mutating func formUnion(_ other: DamageRegion) {
        for rectangle in other.rectangles { insert(rectangle) }
    }

    /// The part inside `bounds`.
    public func clipped(to bounds: Rectangle) -> DamageRegion {
        var result = DamageRegion()
        for rectangle in rectangles { result.insert(rectangle.intersection(bounds)) }
        return result
    }

    /// The rows touched, as ascending ranges that do not meet.
    public var rows: [Range<Int>] {
        var result: [Range<Int>] = []
        for rectangle in rectangles.sorted(by: { $0.y < $1.y }) {
            if let last = result.last, rectangle.y <= last.upperBound {
                result[result.count - 1] = last.lowerBound..<max(last.upperBound, rectangle.endY)
            } else {
                result.append(rectangle.y..<rectangle.endY)
            }
        }
        return result
    }
}
