import Desktop
import Foundation
import ScreenCodec
import Testing

@Suite(.enabled(if: XServer.isInstalled, "Xvfb is not installed"))
struct CaptureTests {
    @Test("the first poll reports the whole screen, and a quiet one nothing")
    func firstPoll() throws {
        let server = try XServer()
        defer { server.kill() }
        let display = try Display.open(server.display)
        #expect((display.width, display.height) == (800, 600))
        #expect(try display.pollDamage().bounds == Rectangle(x: 0, y: 0, width: 800, height: 600))
        #expect(try display.pollDamage().isEmpty)
        #expect(display.nextEvent() == nil)
    }

    @Test("a painted screen is damaged and shows its color", arguments: [(800, 600), (641, 479), (1367, 767)])
    func painted(_ width: Int, _ height: Int) throws {
        let server = try XServer(width: width, height: height)
        defer { server.kill() }
        let display = try Display.open(server.display)
        _ = try display.pollDamage()
        #expect(try server.run("xsetroot", "-solid", "#12a4f0") == 0)
        #expect(try display.follow { $0[3, 3] == 0x12A4F0 && $0[width - 1, height - 1] == 0x12A4F0 })
        #expect(display.usesSharedMemory)
    }

    @Test("without shared memory the same picture comes through the socket")
    func socket() throws {
        let server = try XServer(width: 641, height: 479, arguments: ["-extension", "MIT-SHM"])
        defer { server.kill() }
        let display = try Display.open(server.display)
        _ = try display.pollDamage()
        #expect(try server.run("xsetroot", "-solid", "#12a4f0") == 0)
        #expect(try display.follow { $0[3, 3] == 0x12A4F0 && $0[640, 478] == 0x12A4F0 })
        #expect(!display.usesSharedMemory)
    }

    @Test("only the damaged part is reported when one window appears")
    func window() throws {
        let server = try XServer()
        defer { server.kill() }
        let display = try Display.open(server.display)
        _ = try display.pollDamage()
        let xterm = try server.start("xterm", "-geometry", "20x5+300+200", "-bg", "#ff8000", "-bw", "0", "-e", "cat")
        defer { xterm.terminate() }
        var seen = DamageRegion()
        let end = Date(timeIntervalSinceNow: patience)
        while seen.isEmpty, Date() < end {
            seen = try display.pollDamage()
            display.waitForServer()
        }
        #expect(!seen.isEmpty)
        #expect(seen.bounds.x >= 290 && seen.bounds.y >= 190 && seen.bounds.area < 800 * 600 / 2)
    }

    @Test("a moving pointer is damage at both places and part of the picture")
    func pointer() throws {
        let server = try XServer()
        defer { server.kill() }
        #expect(try server.run("xsetroot", "-solid", "#00ff00", "-cursor_name", "left_ptr") == 0)
        let display = try Display.open(server.display)
        var frame = Frame(width: 1, height: 1)
        try display.move(x: 100, y: 100)
        #expect(try display.follow { $0[700, 500] == 0x00FF00 })
        _ = try display.pollDamage()
        try display.move(x: 400, y: 300)
        let damage = try display.pollDamage()
        #expect(damage.rectangles.contains { $0.contains(Rectangle(x: 100, y: 100, width: 4, height: 4)) })
        #expect(damage.rectangles.contains { $0.contains(Rectangle(x: 400, y: 300, width: 4, height: 4)) })
        #expect(damage.rectangles.allSatisfy { $0.width <= 64 && $0.height <= 64 })

        try display.capture(into: &frame)
        #expect(pixelsOfPointer(frame, near: (400, 300)) > 20)
        #expect(pixelsOfPointer(frame, near: (100, 100)) == 0)
        display.drawsPointer = false
        try display.capture(into: &frame)
        #expect(pixelsOfPointer(frame, near: (400, 300)) == 0)
    }

    @Test("a resized screen is told, wholly damaged, and captured in its new size")
    func resized() throws {
        let server = try XServer(width: 1280, height: 1024)
        defer { server.kill() }
        let display = try Display.open(server.display)
        var frame = Frame(width: 1, height: 1)
        _ = try display.pollDamage()
        try display.capture(into: &frame)
        try server.resize(width: 800, height: 600)
        let end = Date(timeIntervalSinceNow: patience)
        var event: DisplayEvent?
        var damage = DamageRegion()
        while event == nil, Date() < end {
            damage = try display.pollDamage()
            event = display.nextEvent()
            display.waitForServer()
        }
        #expect(event == .resized(width: 800, height: 600))
        #expect(damage.bounds == Rectangle(x: 0, y: 0, width: 800, height: 600))
        try display.capture(damage, into: &frame)
        #expect((frame.width, frame.height) == (800, 600))
    }

    @Test("a capture before the news of a smaller screen arrives has the new size")
    func resizedUnnoticed() throws {
        let server = try XServer(width: 1280, height: 1024)
        defer { server.kill() }
        let display = try Display.open(server.display)
        var frame = Frame(width: 1, height: 1)
        try display.capture(into: &frame)
        try server.resize(width: 640, height: 480)
        try display.capture(into: &frame)
        #expect((frame.width, frame.height) == (640, 480))
        #expect(display.nextEvent() == .resized(width: 640, height: 480))
    }

    @Test("a killed server is an error from every call, never a hang")
    func killed() throws {
        let server = try XServer()
        defer { server.kill() }
        let display = try Display.open(server.display)
        var frame = Frame(width: 1, height: 1)
        try display.capture(into: &frame)
        server.kill()
        #expect(throws: DisplayError.displayLost) { try display.capture(into: &frame) }
        #expect(throws: DisplayError.displayLost) { try display.pollDamage() }
        #expect(throws: DisplayError.displayLost) { try display.type("é") }
        #expect(throws: DisplayError.displayLost) { try display.key(.escape, down: true) }
        #expect(throws: DisplayError.displayLost) { try display.move(x: 1, y: 1) }
        #expect(throws: DisplayError.displayLost) { try display.releaseAll() }
    }

    /// Pixels that are not the green of the background.
    private func pixelsOfPointer(_ frame: Frame, near place: (x: Int, y: Int)) -> Int {
        var count = 0
        for y in place.y - 20..<place.y + 20 {
            for x in place.x - 20..<place.x + 20 where frame[x, y] != 0x00FF00 { count += 1 }
        }
        return count
    }
}
