internal import CXCB
internal import ScreenCodec

/// The pointer's picture, which the X server leaves out of the screen's.
struct Cursor {
    /// Premultiplied ARGB, row by row.
    private let pixels: [UInt32]
    private let width: Int
    private let height: Int
    private let hotX: Int
    private let hotY: Int

    /// Nothing to see.
    init() { (pixels, width, height, hotX, hotY) = ([], 0, 0, 0, 0) }

    init(pixels: [UInt32], width: Int, height: Int, hotX: Int, hotY: Int) {
        precondition(pixels.count == width * height)
        (self.pixels, self.width, self.height, self.hotX, self.hotY) = (pixels, width, height, hotX, hotY)
    }

    /// What the server shows now.
    init(_ connection: Connection) throws(DisplayError) {
        let cookie = xcb_xfixes_get_cursor_image(connection.raw)
        let answer = xcb_xfixes_get_cursor_image_reply(connection.raw, cookie, nil)
        guard let reply = try connection.answer(answer),
            let data = xcb_xfixes_get_cursor_image_cursor_image(reply.pointer)
        else {
            self.init()
            return
        }
        let count = Int(xcb_xfixes_get_cursor_image_cursor_image_length(reply.pointer))
        let (width, height) = (Int(reply.value.width), Int(reply.value.height))
        guard count == width * height else {
            self.init()
            return
        }
        // Unsafe: XCB says how many pixels its answer holds; they are copied.
        let pixels = [UInt32](UnsafeBufferPointer(start: data, count: count))
        self.init(
            pixels: pixels, width: width, height: height, hotX: Int(reply.value.xhot), hotY: Int(reply.value.yhot))
    }

    /// The area it covers when it points at a place.
    func area(pointingAt point: (x: Int, y: Int)) -> Rectangle {
        Rectangle(x: point.x - hotX, y: point.y - hotY, width: width, height: height)
    }

    /// Lays it over the picture of a screen, within `rows`.
    func draw(pointingAt point: (x: Int, y: Int), within rows: Range<Int>, on frame: inout Frame) {
        let area = area(pointingAt: point)
        let visible = area.intersection(frame.bounds)
            .intersection(Rectangle(x: 0, y: rows.lowerBound, width: frame.width, height: rows.count))
        guard !visible.isEmpty else { return }
        for y in visible.y..<visible.endY {
            for x in visible.x..<visible.endX {
                let source = pixels[(y - area.y) * width + (x - area.x)]
                let alpha = source >> 24
                if alpha == 0 { continue }
                frame[x, y] = Self.blend(source, over: frame[x, y], alpha: alpha)
            }
        }
    }

    private static func blend(_ source: UInt32, over below: UInt32, alpha: UInt32) -> UInt32 {
        var result: UInt32 = 0
        for shift: UInt32 in [0, 8, 16] {
            let sum = (source >> shift & 0xFF) + ((below >> shift & 0xFF) * (255 - alpha) + 127) / 255
            result |= min(sum, 255) << shift
        }
        return result
    }
}
