import Desktop
import Foundation

/// Other programs that copy and paste.
final class CopyingPrograms {
    static let areInstalled = XServer.path(of: "xclip") != nil && XServer.path(of: "wish") != nil

    private let server: XServer
    private let directory: URL
    private var running: [Process] = []

    init(on server: XServer) throws {
        self.server = server
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("copying-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit {
        for program in running { program.terminate() }
        try? FileManager.default.removeItem(at: directory)
    }

    /// Has xclip copy a text; returns when it is about to.
    func copy(_ text: String) throws {
        let file = directory.appendingPathComponent("text-\(running.count)")
        try Data(text.utf8).write(to: file)
        let errors = Pipe()
        running.append(
            try server.start(["xclip", "-quiet", "-selection", "clipboard", "-t", "UTF8_STRING", "-i", file.path], errors: errors))
        // It says that it waits for somebody who pastes.
        var said = ""
        while !said.contains("Waiting") {
            let bytes = errors.fileHandleForReading.availableData
            guard !bytes.isEmpty else { throw XServer.Failure.didNotStart }
            said += String(decoding: bytes, as: UTF8.self)
        }
    }

    /// The same, and returns when it can be pasted: xclip speaks a moment before the server knows.
    func copyForAll(_ text: String) throws {
        try copy(text)
        let end = Date(timeIntervalSinceNow: patience)
        while try paste() != text, Date() < end {}
    }

    func paste(_ target: String = "UTF8_STRING") throws -> String {
        try server.output("xclip", "-selection", "clipboard", "-t", target, "-o")
    }

    /// Has Tk offer a text, given as a word of Tcl, and with it another target.
    func offer(text: String, mark: String? = nil) throws -> Process {
        var lines = [
            "wm withdraw .", "set text \(text)",
            "proc give {offset count} { global text; string range $text $offset [expr {$offset + $count - 1}] }",
            "proc hint {offset count} { string range secret $offset end }",
            "selection handle -selection CLIPBOARD -type UTF8_STRING . give",
        ]
        if let mark { lines.append("selection handle -selection CLIPBOARD -type \(mark) . hint") }
        lines.append("selection own -selection CLIPBOARD .")
        let file = directory.appendingPathComponent("offer-\(UUID().uuidString).tcl")
        try Data(lines.joined(separator: "\n").utf8).write(to: file)
        return try server.start("wish", file.path)
    }
}

/// A clipboard and what it has told.
final class ClipboardWatcher {
    let clipboard: Clipboard
    private(set) var events: [Clipboard.Event] = []

    init(_ clipboard: Clipboard) { self.clipboard = clipboard }

    func wait(for event: Clipboard.Event) throws -> Bool { try wait { $0.events.last == event } }

    func wait(until condition: (ClipboardWatcher) throws -> Bool) throws -> Bool {
        let end = Date(timeIntervalSinceNow: patience)
        while Date() < end {
            try pump()
            if try condition(self) { return true }
        }
        return false
    }

    /// What was put there can be pasted.
    func waitForOwner(on server: XServer) throws -> Bool {
        try wait { watcher in
            try watcher.whilePumping { try server.output("xclip", "-selection", "clipboard", "-t", "TIMESTAMP", "-o") } != ""
        }
    }

    /// Serves other programs while one of them runs.
    func whilePumping(_ body: @escaping () throws -> String) throws -> String {
        let outcome = Outcome()
        nonisolated(unsafe) let body = body
        Thread.detachNewThread { outcome.set(Result { try body() }) }
        while true {
            if let result = outcome.get() { return try result.get() }
            try pump()
        }
    }

    private func pump() throws {
        var descriptor = pollfd(fd: clipboard.fileDescriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&descriptor, 1, 20)
        events += try clipboard.takeEvents()
    }

    private final class Outcome: @unchecked Sendable {
        private let lock = NSLock()
        private var result: Result<String, any Error>?
        func set(_ result: Result<String, any Error>) { lock.withLock { self.result = result } }
        func get() -> Result<String, any Error>? { lock.withLock { result } }
    }
}
