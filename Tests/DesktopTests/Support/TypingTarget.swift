import Desktop
import Foundation
import ScreenCodec

/// A terminal that writes what is typed into it to a file until Control-D.
final class TypingTarget {
    private let directory: URL
    private let xterm: Process
    private let display: Display

    init(on server: XServer, _ display: Display) throws {
        self.display = display
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("typing-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let file = directory.appendingPathComponent("typed").path
        xterm = try server.start(
            "xterm", "-u8", "-geometry", "60x20+0+0", "-bg", "#804020", "-fg", "#804020", "-cr", "#804020", "-e",
            "sh", "-c", "stty iutf8 -echo; exec cat > \(file)")
        // The window is there; with the pointer over it, it gets the keys. The file is there once `cat` is.
        _ = try display.follow { $0[150, 150] == 0x804020 }
        try display.move(x: 150, y: 150)
        let end = Date(timeIntervalSinceNow: patience)
        while !FileManager.default.fileExists(atPath: file), Date() < end { display.waitForServer() }
    }

    deinit {
        if xterm.isRunning { xterm.terminate() }
        try? FileManager.default.removeItem(at: directory)
    }

    /// Ends the terminal and returns what arrived.
    func finish() throws -> String {
        try display.key(Keysym(rawValue: 0xFFE3), down: true)
        try display.key(Keysym(rawValue: 0x64), down: true)
        try display.key(Keysym(rawValue: 0x64), down: false)
        try display.key(Keysym(rawValue: 0xFFE3), down: false)
        let end = Date(timeIntervalSinceNow: patience)
        while xterm.isRunning, Date() < end {
            _ = try display.pollDamage()
            display.waitForServer()
        }
        return try String(contentsOf: directory.appendingPathComponent("typed"), encoding: .utf8)
    }
}
