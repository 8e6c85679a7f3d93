import Desktop
import Foundation
import ScreenCodec
import Testing

@Suite(
    .enabled(if: XServer.isInstalled && XServer.path(of: "xterm") != nil, "Xvfb or xterm is not installed"))
struct InputTests {
    static let texts = [
        "The quick brown fox, 42 {times} \"over\" ~/the|lazy\\dog!\n",
        "é€ñ漢 Ünïcode\n",
        "Привет, мир; γειά σου; שלום; 🙂\n",
        "one\ttab\r\ntwo lines\n",
    ]

    @Test("text arrives exactly as it was typed", arguments: texts)
    func types(_ text: String) throws {
        let server = try XServer()
        defer { server.kill() }
        let display = try Display.open(server.display)
        let target = try TypingTarget(on: server, display)
        try display.type(text)
        #expect(try target.finish() == text.replacingOccurrences(of: "\r\n", with: "\n"))
    }

    @Test("text arrives through other layouts", arguments: ["de", "fr", "ru", "us,ru", "jp"])
    func layouts(_ layout: String) throws {
        let server = try XServer()
        defer { server.kill() }
        #expect(try server.run("setxkbmap", "-layout", layout) == 0)
        let display = try Display.open(server.display)
        let target = try TypingTarget(on: server, display)
        let text = "Zy@€{[]}é ß Ж漢 #'\"`^~\n"
        try display.type(text)
        #expect(try target.finish() == text)
    }

    @Test("more characters without a key than there are spare keys arrive all the same")
    func manyBorrowed() throws {
        let server = try XServer()
        defer { server.kill() }
        let display = try Display.open(server.display)
        let target = try TypingTarget(on: server, display)
        // Three lines: a terminal's line holds 4,095 bytes at most.
        let line = String(String.UnicodeScalarView((0x4E00..<0x4E00 + 120).compactMap(Unicode.Scalar.init)))
        let text = "\(line)\n\(line)\n"
        try display.type(text)
        #expect(try target.finish() == text)
    }

    @Test("text is typed as it stands while Caps Lock is on")
    func capsLock() throws {
        let server = try XServer()
        defer { server.kill() }
        let display = try Display.open(server.display)
        let target = try TypingTarget(on: server, display)
        let caps = try #require(Keysym(named: "Caps_Lock"))
        try display.key(caps, down: true)
        try display.key(caps, down: false)
        try display.type("aBcé\n")
        try display.key(caps, down: true)
        try display.key(caps, down: false)
        #expect(try target.finish() == "aBcé\n")
    }

    @Test("a key's capital letter brings its own Shift, and held Shift applies to the next key")
    func keys() throws {
        let server = try XServer()
        defer { server.kill() }
        let display = try Display.open(server.display)
        let target = try TypingTarget(on: server, display)
        for name in ["A", "b", "Return"] {
            let keysym = try #require(Keysym(named: name))
            try display.key(keysym, down: true)
            try display.key(keysym, down: false)
        }
        let (shift, letter) = (try #require(Keysym(named: "Shift_L")), try #require(Keysym(named: "c")))
        try display.key(shift, down: true)
        try display.key(letter, down: true)
        try display.key(letter, down: false)
        try display.key(shift, down: false)
        try display.type("\n")
        #expect(try target.finish() == "Ab\nC\n")
    }

    @Test("what is held down is lifted when control is revoked")
    func releaseAll() throws {
        let server = try XServer()
        defer { server.kill() }
        let display = try Display.open(server.display)
        let target = try TypingTarget(on: server, display)
        try display.key(#require(Keysym(named: "Shift_L")), down: true)
        try display.key(#require(Keysym(named: "Control_L")), down: true)
        try display.button(.left, down: true)
        try display.releaseAll()
        let letter = try #require(Keysym(named: "x"))
        try display.key(letter, down: true)
        try display.key(letter, down: false)
        try display.type("\n")
        #expect(try target.finish() == "x\n")
    }

    @Test("a borrowed key is given back when the display is closed")
    func givenBack() throws {
        let server = try XServer()
        defer { server.kill() }
        let before = try mapping(server)
        var display: Display? = try Display.open(server.display)
        try display?.type("漢")
        #expect(try mapping(server) != before)
        display = nil
        #expect(try mapping(server) == before)
    }

    /// The keyboard as another program sees it.
    private func mapping(_ server: XServer) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(try server.run("sh", "-c", "xmodmap -pke > \(file)") == 0)
        return try String(contentsOfFile: file, encoding: .utf8)
    }
}
