import Desktop
import Foundation
import Testing

@Suite(.enabled(if: XServer.isInstalled && CopyingPrograms.areInstalled, "Xvfb, xclip or wish is not installed"))
struct ClipboardTests {
    @Test("what another program copies is told, and what was copied before is not")
    func copied() throws {
        let server = try XServer()
        defer { server.kill() }
        let programs = try CopyingPrograms(on: server)
        try programs.copyForAll("before")
        let watcher = ClipboardWatcher(try Clipboard(display: server.display))
        try watcher.clipboard.watch(true)
        for text in ["one", "zwei €", "三\n\u{0}四 🙂"] {
            try programs.copy(text)
            #expect(try watcher.wait(for: .copied(text)))
        }
        #expect(watcher.events.count == 3)
    }

    @Test("nothing is told when nobody wants to know")
    func notWatched() throws {
        let server = try XServer()
        defer { server.kill() }
        let programs = try CopyingPrograms(on: server)
        let watcher = ClipboardWatcher(try Clipboard(display: server.display))
        try watcher.clipboard.watch(true)
        try watcher.clipboard.watch(false)
        try programs.copyForAll("secretly")
        try watcher.clipboard.watch(true)
        try programs.copy("openly")
        #expect(try watcher.wait(for: .copied("openly")))
        #expect(watcher.events == [.copied("openly")])
    }

    @Test("what is put there every program pastes, and it is not told as copied", arguments: [1, 65_536, 65_537, 1 << 20])
    func put(count: Int) throws {
        let server = try XServer()
        defer { server.kill() }
        let programs = try CopyingPrograms(on: server)
        let watcher = ClipboardWatcher(try Clipboard(display: server.display))
        try watcher.clipboard.watch(true)
        let text = String(repeating: "ü", count: count / 2) + String(repeating: "x", count: count % 2)
        try watcher.clipboard.put(text)
        #expect(try watcher.waitForOwner(on: server))
        #expect(try watcher.whilePumping { try programs.paste() } == text)
        #expect(try watcher.whilePumping { try programs.paste("TARGETS") }.contains("UTF8_STRING"))
        // Somebody who copies takes it over, and one who puts takes it back.
        try programs.copy("mine")
        #expect(try watcher.wait(for: .copied("mine")))
        #expect(watcher.events == [.copied("mine")])
        #expect(try programs.paste() == "mine")
    }

    @Test("a large text comes in pieces", arguments: [5_000, 300_000, 1 << 20])
    func incremental(count: Int) throws {
        let server = try XServer()
        defer { server.kill() }
        let programs = try CopyingPrograms(on: server)
        let watcher = ClipboardWatcher(try Clipboard(display: server.display))
        try watcher.clipboard.watch(true)
        // Tk sends whatever is longer than 4,000 bytes in pieces.
        let program = try programs.offer(text: #"[string repeat "0123456789abcdef" \#(count / 16)]"#)
        defer { program.terminate() }
        let text = String(repeating: "0123456789abcdef", count: count / 16)
        #expect(try watcher.wait(for: .copied(text)))
    }

    @Test("what is too large is told as that, from a program that sends it whole and from one that does not")
    func tooLarge() throws {
        let server = try XServer()
        defer { server.kill() }
        let programs = try CopyingPrograms(on: server)
        let watcher = ClipboardWatcher(try Clipboard(display: server.display))
        try watcher.clipboard.watch(true)
        try programs.copy(String(repeating: "x", count: 1 << 20 + 1))
        #expect(try watcher.wait(for: .copiedTooMuch))
        let program = try programs.offer(text: #"[string repeat "0123456789abcdef" 65537]"#)
        defer { program.terminate() }
        #expect(try watcher.wait { $0.events == [.copiedTooMuch, .copiedTooMuch] })
    }

    @Test("what a keeper of passwords marks is told as a secret, without its text")
    func secret() throws {
        let server = try XServer()
        defer { server.kill() }
        let programs = try CopyingPrograms(on: server)
        let watcher = ClipboardWatcher(try Clipboard(display: server.display))
        try watcher.clipboard.watch(true)
        let program = try programs.offer(text: "swordfish", mark: "x-kde-passwordManagerHint")
        defer { program.terminate() }
        #expect(try watcher.wait(for: .copiedSecret))
        #expect(watcher.events == [.copiedSecret])
    }

    @Test("a program that does not answer holds up nobody who copies after it")
    func hanging() throws {
        let server = try XServer()
        defer { server.kill() }
        let programs = try CopyingPrograms(on: server)
        let watcher = ClipboardWatcher(try Clipboard(display: server.display))
        let program = try programs.offer(text: "never")
        defer { Foundation.kill(program.processIdentifier, SIGKILL) }
        #expect(try watcher.wait { _ in try server.output("xclip", "-selection", "clipboard", "-o") == "never" })
        try watcher.clipboard.watch(true)
        Foundation.kill(program.processIdentifier, SIGSTOP)
        try programs.copy("next")
        #expect(try watcher.wait(for: .copied("next")))
    }

    @Test("who is asked and then not listened to any more lives on")
    func quickSuccession() throws {
        let server = try XServer()
        defer { server.kill() }
        let programs = try CopyingPrograms(on: server)
        let watcher = ClipboardWatcher(try Clipboard(display: server.display))
        try watcher.clipboard.watch(true)
        // All three are news at once, and the first two are asked by nobody, or in vain.
        for text in ["one", "two", String(repeating: "three", count: 200_000)] { try programs.copy(text) }
        #expect(try watcher.wait { !$0.events.isEmpty })
        for _ in 0..<20 {
            try watcher.clipboard.watch(false)
            try watcher.clipboard.watch(true)
        }
        try programs.copy("four")
        _ = try watcher.clipboard.takeEvents()
        try watcher.clipboard.watch(true)
        #expect(try watcher.whilePumping { try programs.paste() } == "four")
        try programs.copy("five")
        #expect(try watcher.wait(for: .copied("five")))
    }

    @Test("a killed server is an error")
    func killed() throws {
        let server = try XServer()
        let clipboard = try Clipboard(display: server.display)
        server.kill()
        #expect(throws: DisplayError.displayLost) { try clipboard.takeEvents() }
        #expect(throws: DisplayError.displayLost) { try clipboard.put("x") }
    }
}
