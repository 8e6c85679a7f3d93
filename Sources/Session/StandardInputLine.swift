/// One line a person, or a program for them, gives `ra-connect` on standard input.
public enum StandardInputLine: Hashable, Sendable {
    /// In this order; the first that is refused ends the line.
    case perform([SessionCommand])
    /// A path on this machine.
    case sendFile(String)
    /// A text that the other side is to find in its clipboard.
    case copy(String)
    /// The other side is to become a contact.
    case contact

    /// A line that is no command, and a sentence that says what would be one.
    public struct NotUnderstood: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String

        init(_ description: String) { self.description = description }
    }

    /// Reads a line; nil for one with nothing on it.
    public static func parse(_ line: String, for role: Role) throws(NotUnderstood) -> StandardInputLine? {
        let (word, rest) = split(line)
        let verb = Self.synonyms[word.lowercased()] ?? word.lowercased()
        guard !verb.isEmpty else { return nil }
        let line: StandardInputLine? =
            switch role {
            case .sharer: try sharer(verb, rest)
            case .helper: try helper(verb, rest)
            }
        if let line { return line }
        return try either(verb, rest, role)
    }

    /// What people type besides; the case never counts.
    private static let synonyms = ["y": "yes", "n": "no", "quit": "stop", "exit": "stop", "bye": "stop"]

    /// The first word, and what follows the blank behind it as it stands: spaces belong to a text.
    private static func split(_ line: String) -> (verb: String, rest: String) {
        let line = line.drop { $0 == " " || $0 == "\t" }.trimmingLineEnd
        guard let blank = line.firstIndex(where: { $0 == " " || $0 == "\t" }) else { return (String(line), "") }
        return (String(line[..<blank]), String(line[line.index(after: blank)...]))
    }

    private static func words(_ text: String) -> [Substring] { text.split { $0 == " " || $0 == "\t" } }
}

// MARK: - The two sides' lines

extension StandardInputLine {
    private static func sharer(_ verb: String, _ rest: String) throws(NotUnderstood) -> StandardInputLine? {
        let words = words(rest)
        switch (verb, words.count) {
        case ("pause", 0): return .perform([.pause])
        case ("resume", 0): return .perform([.resume])
        case ("revoke", 0): return .perform([.revoke(.control)])
        case ("revoke", 1):
            guard let kind = lendable(words[0]) else { throw NotUnderstood("Write: revoke control, file, clipboard or tcp.") }
            return .perform([.revoke(kind)])
        case ("revoke", _): throw NotUnderstood("Write: revoke control, file, clipboard or tcp.")
        default: return nil
        }
    }

    private static func helper(_ verb: String, _ rest: String) throws(NotUnderstood) -> StandardInputLine? {
        let words = words(rest)
        switch (verb, words.count) {
        case ("request", 1) where words[0].lowercased() == "control": return .perform([.request(.control)])
        case ("request", 1) where words[0].lowercased() == "clipboard": return .perform([.request(.clipboard)])
        case ("request", _): throw NotUnderstood("Write: request control, or request clipboard.")
        case ("release", 0): return .perform([.release(.control)])
        case ("release", 1), ("revoke", 1):
            guard let kind = lendable(words[0]) else { throw NotUnderstood("Write: release control, file, clipboard or tcp.") }
            return .perform([.release(kind)])
        case ("release", _), ("revoke", _): throw NotUnderstood("Write: release control, file, clipboard or tcp.")
        case ("type", _):
            guard !rest.isEmpty else { throw NotUnderstood("Write: type and the text, for example: type hello.") }
            return .perform(try pieces(of: rest).map { .input(.text($0)) })
        case ("key", 1): return .perform(try chord(String(words[0])))
        case ("key", _): throw NotUnderstood("Write: key and one key, for example: key Return, or key ctrl+c.")
        case ("click", 2...3):
            let point = try point(words[0], words[1])
            let button = words.count == 3 ? Int(words[2]).flatMap { PointerButton($0) } : .left
            guard let button else { throw NotUnderstood("A button is a number from 1 (left) to 9.") }
            return .perform([point, .input(.button(button, down: true)), .input(.button(button, down: false))])
        case ("click", _): throw NotUnderstood("Write: click X Y, or click X Y BUTTON.")
        case ("move", 2): return .perform([try point(words[0], words[1])])
        case ("move", _): throw NotUnderstood("Write: move X Y.")
        default: return nil
        }
    }

    /// What can be given and taken back by name while the session goes on.
    private static func lendable(_ word: Substring) -> Capability? {
        Capability(rawValue: word.lowercased()).flatMap { $0 == .view ? nil : $0 }
    }

    private static func either(
        _ verb: String, _ rest: String, _ role: Role
    ) throws(NotUnderstood) -> StandardInputLine {
        switch verb {
        case "yes", "no":
            let words = words(rest)
            guard words.count <= 1 else { throw NotUnderstood("Write: \(verb), or \(verb) and the number of the request.") }
            let id = try requestID(words.first)
            return .perform([verb == "yes" ? .yes(id) : .no(id)])
        case "say":
            guard !rest.isEmpty else { throw NotUnderstood("Write: say and the text.") }
            guard rest.utf8.count <= ControlMessage.maximumChatBytes else {
                throw NotUnderstood("That is too long; at most \(ControlMessage.maximumChatBytes) bytes at a time.")
            }
            return .perform([.say(rest)])
        case "send":
            guard !rest.isEmpty else { throw NotUnderstood("Write: send and the name of a file.") }
            return .sendFile(rest)
        case "copy":
            guard !rest.isEmpty else { throw NotUnderstood("Write: copy and the text that the other side is to paste.") }
            return .copy(rest)
        case "contact" where words(rest).isEmpty:
            return .contact
        case "stop" where words(rest).isEmpty:
            return .perform([.stop])
        default:
            let commands =
                switch role {
                case .sharer: "yes, no, pause, resume, revoke control|file|clipboard|tcp, say TEXT, copy TEXT, send FILE, contact, stop"
                case .helper:
                    "request control|clipboard, release [control|file|clipboard|tcp], yes, no, type TEXT, key KEYSYM, click X Y [BUTTON], move X Y, "
                        + "say TEXT, copy TEXT, send FILE, contact, stop"
                }
            if verb == "help" || verb == "?" { throw NotUnderstood("You can type: \(commands).") }
            let verb = verb.cut(toBytes: 40).printable
            throw NotUnderstood("“\(verb)” is not a command here. You can type: \(commands).")
        }
    }

    private static func requestID(_ word: Substring?) throws(NotUnderstood) -> UInt32? {
        guard let word else { return nil }
        guard let id = UInt32(word) else { throw NotUnderstood("The number of a request is digits only.") }
        return id
    }

    private static func point(_ x: Substring, _ y: Substring) throws(NotUnderstood) -> SessionCommand {
        guard let x = UInt16(x), let y = UInt16(y) else {
            throw NotUnderstood("X and Y are pixels of the shared picture, from 0 to 65535.")
        }
        return .input(.move(x: x, y: y))
    }

    /// Text in pieces an input event can carry, cut between characters.
    private static func pieces(of text: String) throws(NotUnderstood) -> [String] {
        var rest = text[...]
        var pieces: [String] = []
        while !rest.isEmpty {
            let piece = String(rest).cut(toBytes: InputEvent.maximumTextBytes)
            guard InputEvent.isTypeable(piece) else {
                throw NotUnderstood("The text holds characters that cannot be typed.")
            }
            pieces.append(piece)
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }

    /// One key, or keys held together: `ctrl+alt+Delete`, `+`, `ctrl++`.
    private static func chord(_ word: String) throws(NotUnderstood) -> [SessionCommand] {
        var names = word.split(separator: "+").map(String.init)
        if word.hasSuffix("+") { names.append("+") }
        guard names.count <= 8 else { throw NotUnderstood("That is more keys than can be held together.") }
        var keys: [Keysym] = []
        for name in names {
            guard let keysym = Keysym(name: name) else {
                let name = name.cut(toBytes: 40).printable
                throw NotUnderstood("“\(name)” is not a key. Names are X's: Return, Escape, F5, a, U+20AC.")
            }
            keys.append(keysym)
        }
        return keys.map { .input(.key($0, down: true)) } + keys.reversed().map { .input(.key($0, down: false)) }
    }
}

extension Substring {
    /// Without the line's end, of whichever system.
    fileprivate var trimmingLineEnd: Substring {
        var text = self
        while let last = text.last, last.isNewline { text.removeLast() }
        return text
    }
}
