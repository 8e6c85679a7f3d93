/// An area of a picture: its top left pixel and its size. Empty when a side is 0 or less.
public struct Rectangle: Hashable, Sendable {
    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    public var isEmpty: Bool { width <= 0 || height <= 0 }
    public var area: Int { isEmpty ? 0 : width * height }

    /// One past the last column, one past the last row.
    public var endX: Int { x + width }
    public var endY: Int { y + height }

    /// The smallest rectangle around both.
    public func union(_ other: Rectangle) -> Rectangle {
        if isEmpty { return other }
        if other.isEmpty { return self }
        let (left, top) = (min(x, other.x), min(y, other.y))
        return Rectangle(x: left, y: top, width: max(endX, other.endX) - left, height: max(endY, other.endY) - top)
    }

    /// What both cover; empty when they are apart.
    public func intersection(_ other: Rectangle) -> Rectangle {
        let (left, top) = (max(x, other.x), max(y, other.y))
        return Rectangle(
            x: left, y: top, width: max(0, min(endX, other.endX) - left), height: max(0, min(endY, other.endY) - top))
    }

    public func contains(_ other: Rectangle) -> Bool {
        other.isEmpty || (x <= other.x && y <= other.y && endX >= other.endX && endY >= other.endY)
    }
}
