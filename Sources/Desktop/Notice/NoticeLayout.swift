internal import ScreenCodec

/// Where everything in the notice is, in its own pixels. On a screen too narrow for one row the buttons have a second one.
struct NoticeLayout: Hashable {
    struct Button: Hashable {
        let action: NoticeAction
        let box: Rectangle
    }

    let width: Int
    let height: Int
    let light: Rectangle
    let lead: Rectangle
    let rest: Rectangle
    let buttons: [Button]

    /// Lengths at 96 pixels an inch.
    static let letters = 13
    private static let rowHeight = 32
    private static let margin = 10
    private static let lightSize = 10
    private static let buttonHeight = 24
    /// Left and right of a button's label.
    private static let buttonPadding = 9
    private static let gap = 6
    /// Names longer than this end in "…".
    private static let longestLead = 200

    /// - Parameters:
    ///   - actions: the buttons, from left to right.
    ///   - scale: how much larger than at 96 pixels an inch.
    ///   - room: pixels that the screen is wide.
    ///   - measure: pixels that a text is wide.
    init(
        _ content: NoticeContent, actions: [NoticeAction], scale: Double, room: Int,
        measure: (_ text: String, _ isBold: Bool) -> Int
    ) {
        func scaled(_ length: Int) -> Int { Int((Double(length) * scale).rounded()) }
        let (row, margin, gap, light) = (scaled(Self.rowHeight), scaled(Self.margin), scaled(Self.gap), scaled(Self.lightSize))

        self.light = Rectangle(x: margin, y: (row - light) / 2, width: light, height: light)
        lead = Rectangle(
            x: self.light.endX + gap, y: 0, width: min(measure(content.lead, true), scaled(Self.longestLead)), height: row)
        let widths = actions.map { measure($0.label, true) + 2 * scaled(Self.buttonPadding) }
        let line = widths.reduce(0, +) + gap * max(0, widths.count - 1)
        let text = lead.endX + gap + measure(content.rest, false)
        let oneRow = text + (widths.isEmpty ? 0 : margin + line) + margin
        let fitsOneRow = widths.isEmpty || oneRow <= room

        width = min(fitsOneRow ? oneRow : max(text, margin + line) + margin, room)
        height = fitsOneRow ? row : 2 * row
        rest = Rectangle(x: lead.endX + gap, y: 0, width: max(0, min(text, width - margin) - lead.endX - gap), height: row)

        var x = fitsOneRow ? text + margin : margin
        let y = (fitsOneRow ? 0 : row) + (row - scaled(Self.buttonHeight)) / 2
        buttons = zip(actions, widths).map { action, width in
            defer { x += width + gap }
            return Button(action: action, box: Rectangle(x: x, y: y, width: width, height: scaled(Self.buttonHeight)))
        }
    }

    /// What a press at a place means; nil beside the buttons.
    func action(x: Int, y: Int) -> NoticeAction? {
        buttons.first { $0.box.contains(Rectangle(x: x, y: y, width: 1, height: 1)) }?.action
    }
}
