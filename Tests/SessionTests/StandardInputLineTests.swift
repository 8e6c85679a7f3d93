import Session
import Testing

@Suite("lines on standard input")
struct StandardInputLineTests {
    @Test(
        "the sharer's",
        arguments: [
            ("yes", .yes(nil)), ("yes 3", .yes(3)), ("  no\n", .no(nil)), ("no 4294967295", .no(.max)),
            ("pause", .pause), ("resume\r\n", .resume),
            ("revoke control", .revoke(.control)), ("say  hello, you ", .say(" hello, you ")), ("stop", .stop),
            ("YES", .yes(nil)), ("y", .yes(nil)), ("N 2", .no(2)), ("Stop", .stop), ("quit", .stop), ("exit", .stop),
            ("revoke", .revoke(.control)), ("Revoke Control", .revoke(.control)), ("revoke file", .revoke(.file)),
            ("revoke TCP", .revoke(.tcp)), ("Say Hi", .say("Hi")),
        ] as [(String, SessionCommand)])
    func sharer(line: String, command: SessionCommand) throws {
        #expect(try StandardInputLine.parse(line, for: .sharer) == .perform([command]))
    }

    @Test(
        "the helper's",
        arguments: [
            ("request control", [.request(.control)]), ("release", [.release(.control)]),
            ("type echo hi", [.input(.text("echo hi"))]),
            ("type  ", [.input(.text(" "))]), ("move 10 20", [.input(.move(x: 10, y: 20))]),
            ("key Return", [.input(.key(.return, down: true)), .input(.key(.return, down: false))]),
            (
                "key ctrl+a",
                [
                    .input(.key(.control, down: true)), .input(.key(.a, down: true)), .input(.key(.a, down: false)),
                    .input(.key(.control, down: false)),
                ]
            ),
            ("key +", [.input(.key(.key("plus"), down: true)), .input(.key(.key("plus"), down: false))]),
            (
                "click 5 6",
                [.input(.move(x: 5, y: 6)), .input(.button(.left, down: true)), .input(.button(.left, down: false))]
            ),
            (
                "click 0 65535 3",
                [
                    .input(.move(x: 0, y: 65535)), .input(.button(.right, down: true)),
                    .input(.button(.right, down: false)),
                ]
            ),
            ("say ok", [.say("ok")]), ("stop", [.stop]), ("yes", [.yes(nil)]), ("n 4", [.no(4)]),
            ("request clipboard", [.request(.clipboard)]), ("release clipboard", [.release(.clipboard)]),
            ("release Control", [.release(.control)]), ("revoke file", [.release(.file)]),
        ] as [(String, [SessionCommand])])
    func helper(line: String, commands: [SessionCommand]) throws {
        #expect(try StandardInputLine.parse(line, for: .helper) == .perform(commands))
    }

    @Test("files are sent by either", arguments: Role.allCases)
    func files(role: Role) throws {
        #expect(try StandardInputLine.parse("send /tmp/a file.txt", for: role) == .sendFile("/tmp/a file.txt"))
    }

    @Test("nothing on a line is nothing", arguments: ["", " ", "\n", "\t\r\n"])
    func empty(line: String) throws { #expect(try StandardInputLine.parse(line, for: .sharer) == nil) }

    @Test(
        "what is wrong is answered with what would be right",
        arguments: [
            (Role.sharer, "yes please", "digits"), (.sharer, "no 1 2", "number of the request"),
            (.sharer, "yes -1", "digits"), (.sharer, "yes 4294967296", "digits"),
            (.sharer, "revoke view", "revoke control"),
            (.sharer, "pause now", "You can type: yes"), (.sharer, "type x", "You can type: yes"),
            (.sharer, "say", "say and the text"), (.sharer, "send", "name of a file"), (.sharer, "stop it", "stop"), (.sharer, "help", "You can type: yes"), (.helper, "?", "You can type: request"),
            (.helper, "yes please", "digits"), (.helper, "release view", "release control, file"), (.helper, "request view", "request control"),
            (.helper, "key", "key Return"), (.helper, "key NoSuchKey", "not a key"),
            (.helper, "key a+b+c+d+e+f+g+h+i", "more keys"), (.helper, "type", "type hello"),
            (.helper, "type a\u{1B}b", "cannot be typed"),
            (.helper, "click", "click X Y"), (.helper, "click 1", "click X Y"), (.helper, "click 1 -1", "65535"),
            (.helper, "click 1 1 10", "1 (left) to 9"),
            (.helper, "click 1 1 0", "1 (left) to 9"), (.helper, "move 1 65536", "65535"),
            (.helper, "move 1 2 3", "move X Y"), (.helper, "\u{1B}[2J", "You can type: request control"),
        ])
    func wrong(role: Role, line: String, hint: String) {
        let error = #expect(throws: StandardInputLine.NotUnderstood.self) {
            try StandardInputLine.parse(line, for: role)
        }
        #expect(error?.description.contains(hint) == true, "\(String(describing: error))")
        #expect(error?.description.contains("\u{1B}") == false)
    }

    @Test("a long text is typed in pieces, cut between characters")
    func pieces() throws {
        let text = String(repeating: "é", count: 1300)
        guard case .perform(let commands)? = try StandardInputLine.parse("type " + text, for: .helper) else {
            return #expect(Bool(false))
        }
        let pieces = commands.map { if case .input(.text(let piece)) = $0 { piece } else { "?" } }
        #expect(pieces.joined() == text)
        #expect(pieces.map(\.utf8.count) == [1024, 1024, 552])
    }

    @Test("a giant heap of accents is refused, not waited for forever")
    func giantCharacter() {
        let heap = "type a" + String(repeating: "\u{301}", count: 2000)
        #expect(throws: StandardInputLine.NotUnderstood.self) { try StandardInputLine.parse(heap, for: .helper) }
    }
}
