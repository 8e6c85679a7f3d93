import ScreenCodec

/// Pictures such as a desktop shows: a gradient, windows with title bars, and lines of something like text.
struct DesktopPicture {
    private(set) var frame: Frame
    private var state: UInt64

    init(width: Int, height: Int, seed: UInt64 = 1) {
        frame = Frame(width: width, height: height)
        state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        for y in 0..<height {
            for x in 0..<width {
                let (red, green, blue) = (40 + x * 60 / width, 60 + y * 90 / height, 110 + (x + y) * 80 / (width + height))
                frame[x, y] = UInt32(red << 16 | green << 8 | blue)
            }
        }
        window(Rectangle(x: width / 20, y: height / 20, width: width / 2, height: height * 3 / 4), paper: 0xFFFFFF, ink: 0x202020)
        window(Rectangle(x: width * 2 / 5, y: height / 4, width: width / 2, height: height / 2), paper: 0x1E1E2E, ink: 0xC0E0C0)
    }

    /// A window with a title bar and text from edge to edge.
    mutating func window(_ area: Rectangle, paper: UInt32, ink: UInt32) {
        fill(area, paper)
        fill(Rectangle(x: area.x, y: area.y, width: area.width, height: min(20, area.height)), 0x3060A0)
        for y in stride(from: area.y + 28, to: area.endY - 12, by: 16) { text(x: area.x + 8, y: y, width: area.width - 16, ink: ink) }
    }

    /// One line of strokes the size of letters, 7 × 11 pixels a cell, with gaps where words end.
    mutating func text(x: Int, y: Int, width: Int, ink: UInt32) {
        for cell in stride(from: x, to: x + width - 7, by: 7) {
            let bits = next()
            if bits % 6 == 0 { continue }
            if bits & 8 != 0 { fill(Rectangle(x: cell + 1, y: y, width: 1, height: 9), ink) }
            if bits & 16 != 0 { fill(Rectangle(x: cell + 5, y: y + 2, width: 1, height: 7), ink) }
            if bits & 32 != 0 { fill(Rectangle(x: cell + 1, y: y + 4, width: 5, height: 1), ink) }
            if bits & 64 != 0 { fill(Rectangle(x: cell + 1, y: y + 9, width: 5, height: 1), ink) }
            if bits & 128 != 0 { fill(Rectangle(x: cell + 2, y: y, width: 4, height: 1), ink) }
        }
    }

    mutating func fill(_ area: Rectangle, _ color: UInt32) {
        let area = area.intersection(frame.bounds)
        for y in area.y..<area.endY { for x in area.x..<area.endX { frame[x, y] = color } }
    }

    private mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
