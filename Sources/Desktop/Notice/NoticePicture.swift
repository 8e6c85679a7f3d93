internal import CTypesetting
internal import ScreenCodec

/// The notice as pixels.
struct NoticePicture {
    let layout: NoticeLayout
    /// 0xRRGGBB, row by row.
    let pixels: [UInt32]

    private static let background: UInt32 = 0x2E3436
    private static let text: UInt32 = 0xFFFFFF
    private static let button: UInt32 = 0x555753
    /// The one that ends most has the color of warnings.
    private static let stop: UInt32 = 0xA40000
    private static let lights = (seen: UInt32(0xFCAF3E), controlled: UInt32(0xEF2929), paused: UInt32(0x888A85))

    /// - Parameter hasButtons: without them it only tells.
    init(_ content: NoticeContent, hasButtons: Bool, scale: Double, room: Int) {
        let size = Int32((Double(NoticeLayout.letters) * scale).rounded())
        let layout = NoticeLayout(content, actions: hasButtons ? content.actions : [], scale: scale, room: room) { text, isBold in
            Int(ra_text_width(text, ra_ink(size: size, bold: isBold, color: Self.text)))
        }
        var pixels = [UInt32](repeating: Self.background, count: layout.width * layout.height)
        pixels.withUnsafeMutableBufferPointer { memory in
            let canvas = ra_canvas(pixels: memory.baseAddress, width: Int32(layout.width), height: Int32(layout.height))
            func write(_ text: String, in box: Rectangle, bold: Bool, centred: Bool = false) {
                ra_text_draw(canvas, ra_box(box), text, ra_ink(size: size, bold: bold, color: Self.text), centred)
            }
            func fill(_ box: Rectangle, rounded radius: Int, _ color: UInt32) {
                ra_box_fill(canvas, ra_box(box), Int32(radius), color)
            }
            fill(layout.light, rounded: layout.light.width / 2, Self.light(content))
            write(content.lead, in: layout.lead, bold: true)
            write(content.rest, in: layout.rest, bold: false)
            for button in layout.buttons {
                fill(button.box, rounded: button.box.height / 6, button.action == .stop ? Self.stop : Self.button)
                write(button.action.label, in: button.box, bold: true, centred: true)
            }
        }
        self.layout = layout
        self.pixels = pixels
    }

    private static func light(_ content: NoticeContent) -> UInt32 {
        if content.isPaused { return lights.paused }
        return content.hasControl ? lights.controlled : lights.seen
    }
}

extension ra_box {
    fileprivate init(_ box: Rectangle) {
        self.init(x: Int32(box.x), y: Int32(box.y), width: Int32(box.width), height: Int32(box.height))
    }
}
