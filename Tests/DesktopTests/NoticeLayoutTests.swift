import ScreenCodec
import Testing

@testable import Desktop

@Suite struct NoticeLayoutTests {
    static let contents = [(false, false), (true, false), (true, true), (false, true)].map { hasControl, isPaused in
        NoticeContent(name: "Helge", hasControl: hasControl, isPaused: isPaused)
    }

    @Test("everything is inside, apart and readable on every screen", arguments: contents, [320, 640, 1024, 3840])
    func fits(_ content: NoticeContent, _ room: Int) {
        for scale in [1.0, 1.5, 2.0] where room >= 640 || scale == 1 {
            let layout = NoticeLayout(content, actions: content.actions, scale: scale, room: room) { text, _ in
                Int(Double(text.count) * 6 * scale)
            }
            let all = Rectangle(x: 0, y: 0, width: layout.width, height: layout.height)
            let boxes = [layout.light, layout.lead, layout.rest] + layout.buttons.map(\.box)
            #expect(layout.width <= room)
            #expect(boxes.allSatisfy { all.contains($0) && !$0.isEmpty }, "\(layout)")
            for (index, box) in boxes.enumerated() {
                #expect(boxes[..<index].allSatisfy { $0.intersection(box).isEmpty }, "\(layout)")
            }
            #expect(layout.buttons.map(\.action) == content.actions)
            for button in layout.buttons { #expect(layout.action(x: button.box.x, y: button.box.y) == button.action) }
            #expect(layout.action(x: 0, y: 0) == nil)
        }
    }

    @Test("says what the helper may do, and what is lent, in one sentence", arguments: [
        (false, false, false, [], "sees your screen"),
        (true, false, false, [], "sees your screen and can use mouse and keyboard"),
        (false, false, true, [], "sees your screen and shares the clipboard"),
        (true, false, true, ["localhost:22"], "sees your screen, can use mouse and keyboard, shares the clipboard and reaches localhost:22"),
        (false, false, false, ["localhost:22", "nas:80", "nas:443"], "sees your screen and reaches localhost:22 and 2 more"),
        (true, true, true, [], "nothing of your screen is shown"),
        (true, true, true, ["localhost:22"], "nothing of your screen is shown, localhost:22 is still reached"),
    ])
    func sentence(_ hasControl: Bool, _ isPaused: Bool, _ sharesClipboard: Bool, _ places: [String], _ rest: String) {
        let content = NoticeContent(
            name: "Helge", hasControl: hasControl, isPaused: isPaused, sharesClipboard: sharesClipboard, places: places)
        #expect(content.rest == rest)
        #expect(content.title.contains("still reached") == rest.contains("still reached"))
    }

    @Test("a name as long as a book leaves what it does to be read")
    func longName() {
        let content = NoticeContent(name: String(repeating: "Helge ", count: 500), hasControl: true, isPaused: false)
        let layout = NoticeLayout(content, actions: content.actions, scale: 1, room: 1024) { text, _ in text.count * 7 }
        #expect(layout.lead.width == 200)
        #expect(layout.rest.width == content.rest.count * 7)
    }

    @Test("names of every script, and what is none, are drawn inside the notice", arguments: [
        "Helge", "محمد", "שלום", "漢字", "ヘルゲ", "हेल्गे", "👩‍👧", "e" + String(repeating: "\u{301}", count: 400), "", "\u{202E}egleH",
        "\u{10FFFD}\u{E000}", "a\nb\u{2029}c",
    ])
    func names(_ name: String) {
        let content = NoticeContent(name: name, hasControl: true, isPaused: false)
        let picture = NoticePicture(content, hasButtons: true, scale: 1, room: 1024)
        let layout = picture.layout
        #expect(picture.pixels.count == layout.width * layout.height)
        #expect(layout.width <= 1024 && layout.height == 32)
        #expect(name.isEmpty || Set(pixels(picture, layout.lead)).count > 1)
        // The name changes nothing of what stands beside it.
        let usual = NoticePicture(
            NoticeContent(name: "Helge", hasControl: true, isPaused: false), hasButtons: true, scale: 1, room: 1024)
        #expect(pixels(picture, layout.rest) == pixels(usual, usual.layout.rest))
    }

    private func pixels(_ picture: NoticePicture, _ box: Rectangle) -> [UInt32] {
        (box.y..<box.endY).flatMap { y in picture.pixels[y * picture.layout.width + box.x..<y * picture.layout.width + box.endX] }
    }
}
