import Desktop
import Foundation
import ScreenCodec
import Testing

@Suite(.enabled(if: XServer.isInstalled && XServer.path(of: "xdotool") != nil, "Xvfb or xdotool is not installed"))
struct NoticeTests {
    static let viewing = NoticeContent(name: "Helge", hasControl: false, isPaused: false)
    static let controlling = NoticeContent(name: "Helge", hasControl: true, isPaused: false)
    static let paused = NoticeContent(name: "Helge", hasControl: true, isPaused: true)

    @Test("the notice is in the picture, at the top and in the middle, and goes when nothing is shared")
    func appears() throws {
        let server = try XServer()
        defer { server.kill() }
        let watcher = try NoticeWatcher(on: server)
        #expect(try watcher.wait { $0.area == nil })
        try watcher.notice.show(Self.viewing)
        #expect(try watcher.wait { $0.area != nil && $0.buttons.count == 2 })
        let area = try #require(watcher.area)
        #expect(area.y == 0 && abs(area.x + area.width / 2 - 400) <= 1)
        #expect(try server.output("xdotool", "search", "--name", "Helge sees your screen$", "getwindowname") == "Helge sees your screen\n")
        try watcher.notice.show(Self.controlling)
        #expect(try watcher.wait { $0.buttons.count == 3 })
        try watcher.notice.show(nil)
        #expect(try watcher.wait { $0.area == nil })
    }

    @Test("a quiet notice changes nothing in the picture")
    func quiet() throws {
        let server = try XServer()
        defer { server.kill() }
        let watcher = try NoticeWatcher(on: server)
        try watcher.notice.show(Self.viewing)
        #expect(try watcher.wait { $0.area != nil })
        _ = try watcher.display.pollDamage()
        try watcher.notice.show(Self.viewing)
        _ = try watcher.notice.takeEvents()
        #expect(try watcher.display.pollDamage().isEmpty)
    }

    @Test("what covers, moves, shrinks or unmaps it does so for a moment", arguments: [
        ["xterm", "-geometry", "132x10+0+0"],
        ["xdotool", "search", "--name", "sees your screen", "windowmove", "10", "300"],
        ["xdotool", "search", "--name", "sees your screen", "windowsize", "10", "10"],
        ["xdotool", "search", "--name", "sees your screen", "windowunmap"],
    ])
    func staysThere(_ command: [String]) throws {
        let server = try XServer()
        defer { server.kill() }
        let watcher = try NoticeWatcher(on: server)
        try watcher.notice.show(Self.viewing)
        #expect(try watcher.wait { $0.buttons.count == 2 })
        let area = try #require(watcher.area)
        let program = try server.start(command)
        defer { program.terminate() }
        if command[0] == "xterm" {
            // It is there, and the notice is above it.
            #expect(try watcher.wait { _ in
                try !server.output("xdotool", "search", "--onlyvisible", "--class", "xterm").isEmpty
            })
        } else {
            program.waitUntilExit()
        }
        #expect(try watcher.wait { $0.area == area && $0.buttons.count == 2 })
    }

    @Test("what a program clicks and types in the helper's place is nothing to it")
    func deaf() throws {
        let server = try XServer()
        defer { server.kill() }
        let watcher = try NoticeWatcher(on: server)
        #expect(watcher.notice.tellsPeopleApart)
        try watcher.notice.show(Self.controlling)
        #expect(try watcher.wait { $0.buttons.count == 3 })
        for button in watcher.buttons { try watcher.display.click(x: button.x, y: button.y) }
        try watcher.display.key(.escape, down: true)
        try watcher.display.key(.escape, down: false)
        // What comes after all that is on the screen, so all that has come.
        try watcher.notice.show(Self.paused)
        #expect(try watcher.wait { $0.buttons.count == 3 })
        #expect(watcher.events.isEmpty)
    }
}

@Suite(.enabled(if: XServer.canNest, "Xephyr or xdotool is not installed"))
struct NoticeAndPeopleTests {
    /// A person's own server, the one in it that is shared, and the notice there with so many buttons.
    private static func seat(
        showing content: NoticeContent, buttons: Int
    ) throws -> (outer: XServer, server: XServer, watcher: NoticeWatcher) {
        let outer = try XServer()
        let server = try XServer.nested(in: outer)
        let watcher = try NoticeWatcher(on: server)
        try watcher.notice.show(content)
        #expect(try watcher.wait { $0.buttons.count == buttons })
        return (outer, server, watcher)
    }

    @Test("a person presses the buttons, also while the helper holds the pointer's button down")
    func buttons() throws {
        let (outer, server, watcher) = try Self.seat(showing: NoticeTests.controlling, buttons: 3)
        defer {
            server.kill()
            outer.kill()
        }
        for (button, action) in zip(watcher.buttons, [NoticeAction.takeControlBack, .pause, .stop]) {
            let before = watcher.events.count
            try outer.personClicks(x: button.x, y: button.y)
            #expect(try watcher.wait { $0.events.count > before })
            #expect(watcher.events.last == .pressed(action))
        }
        try watcher.notice.show(NoticeTests.paused)
        #expect(try watcher.wait { $0.buttons.count == 3 })
        try watcher.display.move(x: 400, y: 300)
        try watcher.display.button(.left, down: true)
        let before = watcher.events.count
        try outer.personClicks(x: watcher.buttons[1].x, y: watcher.buttons[1].y)
        #expect(try watcher.wait { $0.events.count > before })
        #expect(Array(watcher.events[before...]) == [.pressed(.resume)])
    }

    @Test("a person's Esc is heard while the other side has control, and only then")
    func escape() throws {
        let (outer, server, watcher) = try Self.seat(showing: NoticeTests.viewing, buttons: 2)
        defer {
            server.kill()
            outer.kill()
        }
        try outer.run("xdotool", "mousemove", "400", "300", "key", "Escape")
        try watcher.notice.show(NoticeTests.controlling)
        #expect(try watcher.wait { $0.buttons.count == 3 })
        #expect(watcher.events.isEmpty)

        // The helper's does nothing; nor does it help the helper to take the key's meaning away.
        try watcher.display.key(.escape, down: true)
        try watcher.display.key(.escape, down: false)
        try server.run("xmodmap", "-e", "keysym Escape = a")
        try outer.run("xdotool", "key", "b", "key", "Escape")
        #expect(try watcher.wait { !$0.events.isEmpty })
        #expect(watcher.events == [.escape])
    }

    @Test("a person drags it elsewhere, and not out of the screen; the helper does not")
    func drags() throws {
        let (outer, server, watcher) = try Self.seat(showing: NoticeTests.viewing, buttons: 2)
        defer {
            server.kill()
            outer.kill()
        }
        let area = try #require(watcher.area)
        let grip = (x: area.x + 3, y: area.y + 3)

        try watcher.display.move(x: grip.x, y: grip.y)
        try watcher.display.button(.left, down: true)
        try watcher.display.move(x: grip.x, y: grip.y + 200)
        try watcher.display.button(.left, down: false)
        try outer.run(
            "xdotool", "mousemove", "\(grip.x)", "\(grip.y)", "mousedown", "1", "mousemove", "\(grip.x - 40)", "\(grip.y + 100)",
            "mouseup", "1")
        #expect(try watcher.wait { $0.area?.y == 100 })
        #expect(watcher.area?.x == area.x - 40)
        try outer.run(
            "xdotool", "mousemove", "\(grip.x - 40)", "\(grip.y + 100)", "mousedown", "1", "mousemove", "799", "599", "mouseup", "1")
        #expect(try watcher.wait { $0.area?.endX == 800 && $0.area?.endY == 600 })
        #expect(watcher.events.isEmpty)
    }
}
