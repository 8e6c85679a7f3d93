import Desktop
import Foundation
import ScreenCodec

/// A notice, and a display that sees it as the helper does.
final class NoticeWatcher {
    let notice: Notice
    let display: Display
    private var frame = Frame(width: 1, height: 1)
    /// What people did, as the notice has understood it so far.
    private(set) var events: [Notice.Event] = []

    private static let background: UInt32 = 0x2E3436
    private static let buttonColors: Set<UInt32> = [0x555753, 0xA40000]

    init(on server: XServer) throws {
        notice = try Notice(display: server.display)
        display = try Display.open(server.display)
        display.drawsPointer = false
    }

    /// Lets notice and server talk until something is so.
    func wait(until condition: (NoticeWatcher) throws -> Bool) throws -> Bool {
        let end = Date(timeIntervalSinceNow: patience)
        while Date() < end {
            events += try notice.takeEvents()
            try display.capture(into: &frame)
            if try condition(self) { return true }
            var descriptor = pollfd(fd: notice.fileDescriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&descriptor, 1, 20)
        }
        return false
    }

    /// Where the notice is in the picture; nil when nothing of it is to be seen.
    var area: Rectangle? {
        guard let y = (0..<frame.height).first(where: { row($0) != nil }), let columns = row(y) else { return nil }
        let end = (y..<frame.height).first { frame[columns.lowerBound, $0] != Self.background } ?? frame.height
        return Rectangle(x: columns.lowerBound, y: y, width: columns.count, height: end - y)
    }

    /// The middles of the buttons, from left to right, in pixels of the screen.
    var buttons: [(x: Int, y: Int)] {
        guard let area else { return [] }
        // Above the labels.
        let y = area.y + 6
        var middles: [(x: Int, y: Int)] = []
        var start: Int?
        for x in area.x...area.endX {
            let isButton = x < area.endX && Self.buttonColors.contains(frame[x, y])
            if let first = start, !isButton {
                middles.append((x: (first + x) / 2, y: area.y + area.height / 2))
                start = nil
            } else if start == nil, isButton {
                start = x
            }
        }
        return middles
    }

    /// The longest run of the notice's color, where it is long enough to be its edge.
    private func row(_ y: Int) -> Range<Int>? {
        guard let first = (0..<frame.width).first(where: { frame[$0, y] == Self.background }) else { return nil }
        let end = (first..<frame.width).first { frame[$0, y] != Self.background } ?? frame.width
        return end - first > 100 ? first..<end : nil
    }
}
