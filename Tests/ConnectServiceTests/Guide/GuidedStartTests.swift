@testable import ConnectService
import Policy
import Rendezvous
import Testing

@Suite("The guided start")
struct GuidedStartTests {
    static let relay = RelayURL("http://relay.example.org:3478")!
    static let code = "000000-000000"
    static let link = "https://relay.example.org/j/ABC123#0123456789ABCDEFGHJKMNPQR0"
    static let now = UnixTime(seconds: 1_795_000_000)

    static var situation: GuideSituation {
        var situation = GuideSituation(home: "/home/ann", now: now)
        situation.relay = relay
        return situation
    }

    static func with(_ change: (inout GuideSituation) -> Void) -> GuideSituation {
        var situation = Self.situation
        change(&situation)
        return situation
    }

    /// An invitation's file.
    static func paper(expires: UnixTime = now.advanced(bySeconds: 60), at relay: String = "http://relay.example.org:3478") -> [UInt8] {
        Array(
            #"{"version":1,"relay":"\#(relay)","lookup":"ABC123","secret":"0123456789ABCDEFGHJKMNPQR0","from":"Ann","expires":"\#(expires)","ceiling":"view"}"#
                .utf8)
    }

    /// That of a Windows.
    static func incident(start: UInt64) -> [UInt8] {
        Array(
            #"<?xml version="1.0"?><UPLOADINFO TYPE="Escalated"><UPLOADDATA USERNAME="Ann" RCTICKET="65538,1,192.0.2.7:3389,*,c2Vzc2lvbg==,*,*,aGFzaA==" PassStub="ab*1C_d2" RCTICKETENCRYPTED="1" DtStart="\#(start)" DtLength="60" L="0" /></UPLOADINFO>"#
                .utf8)
    }

    /// Says all that, looks nothing up, and returns what comes then.
    static func step(_ situation: GuideSituation = situation, after answers: String...) -> GuidedStart.Step {
        var start = GuidedStart(in: situation)
        for answer in answers { start.answer(answer) }
        return start.step
    }

    static func arguments(_ step: GuidedStart.Step) -> [String]? { if case .run(let command) = step { command.arguments } else { nil } }

    static func question(_ step: GuidedStart.Step) -> GuideQuestion? { if case .ask(let question) = step { question } else { nil } }

    @Test("who has contacts can ring one, and offer help to one")
    func contacts() throws {
        let hugo = try #require(PersonAddress("hugo@relay.example.org"))
        let ann = try #require(PersonAddress("ann@http://10.0.0.1:3478"))
        let situation = Self.with { $0.contacts = [hugo, ann] }
        #expect(Self.arguments(Self.step(situation, after: "ring", "hugo")) == ["share", "--to", "hugo@relay.example.org"])
        #expect(Self.arguments(Self.step(situation, after: "4", "2")) == ["offer", "ann@http://10.0.0.1:3478"])
        #expect(Self.question(Self.step(situation, after: "ring", "otto"))?.remarks.first?.contains("is none of these") == true)
        let bound = Self.with {
            $0.contacts = [hugo]
            $0.policy.relays = [Self.relay]
        }
        #expect(Self.question(Self.step(bound, after: "offer", "1"))?.remarks.first?.contains("does not allow the relay") == true)
        #expect(Self.question(Self.step())?.choices.count == 2)
        let unshared = Self.with {
            $0.contacts = [hugo]
            $0.screenProblem = "There is no display."
        }
        #expect(Self.question(Self.step(unshared))?.choices.map(\.word) == ["give", "offer"])
    }

    @Test("a code is read out after two answers")
    func code() throws {
        #expect(Self.arguments(Self.step(after: "1", "1")) == ["share"])
        #expect(Self.arguments(Self.step(after: "get help", "Code")) == ["share"])
        let situation = Self.with { $0.relay = nil }
        #expect(Self.question(Self.step(situation, after: "1", "1"))?.text == "What is the relay's address?")
        for (answer, kept) in [("no", nil), ("yes", Self.relay)] {
            let step = Self.step(situation, after: "1", "1", "not a relay!", "", "relay.example.org", answer)
            #expect(Self.arguments(step) == ["share", "--relay", "http://relay.example.org:3478"])
            if case .run(let command) = step { #expect(command.keeps == kept) }
        }
        guard case .run(let command) = Self.step(situation, after: "1", "1", "relay.example.org", "no") else { return }
        #expect(command.commandLine == "ra-connect share --relay http://relay.example.org:3478")
        #expect(command.advice.contains { $0.contains("\n  ra-connect join CODE --relay http://relay.example.org:3478") })
    }

    @Test("a file gets our suffix, goes into a folder, and replaces another invitation after a yes alone")
    func file() {
        var start = GuidedStart(in: Self.situation)
        for answer in ["1", "file", "~/Desktop"] { start.answer(answer) }
        #expect(start.step == .look(["/home/ann/Desktop"]))
        var folder = start
        folder.found(.folder("/home/ann/Desktop"))
        #expect(folder.step == .look(["/home/ann/Desktop/help.rainvite"]))
        folder.found(.nothing(hasFolder: true))
        #expect(Self.question(folder.step)?.text == "Shall the invitation's file have a password?")
        var locked = folder
        locked.answer("y")
        #expect(Self.arguments(locked.step) == ["share", "--password", "--file", "/home/ann/Desktop/help.rainvite"])
        folder.answer("n")
        #expect(Self.arguments(folder.step) == ["share", "--file", "/home/ann/Desktop/help.rainvite"])
        // A file of that name is somebody else's.
        for found in [FoundFile.nothing(hasFolder: true), .contents(path: "/home/ann/Desktop", [])] {
            var plain = start
            plain.found(found)
            #expect(plain.step == .look(["/home/ann/Desktop.rainvite"]))
            var replaced = plain
            replaced.found(.contents(path: "/home/ann/Desktop.rainvite", []))
            var kept = replaced
            kept.answer("n")
            #expect(Self.question(kept.step)?.text == "Where shall the invitation be saved?")
            replaced.answer("y")
            replaced.answer("no")
            #expect(Self.arguments(replaced.step) == ["share", "--file", "/home/ann/Desktop.rainvite"])
            plain.found(.nothing(hasFolder: true))
            plain.answer("no")
            #expect(Self.arguments(plain.step) == ["share", "--file", "/home/ann/Desktop.rainvite"])
        }
        start.found(.nothing(hasFolder: false))
        #expect(Self.question(start.step)?.remarks.first?.contains("There is no folder for") == true)
        var option = GuidedStart(in: Self.situation)
        for answer in ["1", "2", "-x.rainvite"] { option.answer(answer) }
        option.found(.nothing(hasFolder: true))
        option.answer("2")
        #expect(Self.arguments(option.step) == ["share", "--file", "./-x.rainvite"])
    }

    @Test("a message goes to an address, and to nothing else")
    func mail() {
        #expect(Self.arguments(Self.step(after: "1", "mail", "ann", "ann@example.org", "no")) == ["share", "--mail", "ann@example.org"])
        #expect(Self.arguments(Self.step(after: "1", "mail", "ann@example.org", "yes")) == ["share", "--password", "--mail", "ann@example.org"])
        #expect(Self.question(Self.step(after: "1", "3", "ann"))?.remarks.first == "“ann” is no e-mail address. Write it like ann@example.org.")
        let program = Self.with { $0.mailOpensProgram = true }
        #expect(Self.question(Self.step(program, after: "1", "3", "o'hara@example.org"))?.remarks.first?.contains("save a file instead") == true)
        #expect(Self.arguments(Self.step(program, after: "1", "3", "ann@example.org", "n")) != nil)
    }

    @Test(
        "a code is taken as people type it, and checked before it is used",
        arguments: ["000000-000000", "oooooo oooooo", "O0o0O0–0o0o0o", " 000000000000 "])
    func typedCode(text: String) {
        #expect(Self.arguments(Self.step(after: "2", "1", text)) == ["join", Self.code])
        // Nobody has to answer first what the code tells already.
        #expect(Self.arguments(Self.step(after: text)) == ["join", Self.code])
        #expect(Self.arguments(Self.step(after: "give", text)) == ["join", Self.code])
        #expect(Self.arguments(Self.step(after: "give", "file", text)) == ["join", Self.code])
    }

    @Test(
        "a code that is none is explained, and a right one taken after any number of wrong ones",
        arguments: [
            ("000000-000001", "One character of the code is mistyped"), ("00000U-000000", "Character 6 of the code"),
            ("12345", "this one has 5"), ("https://relay.example.org/j/ABC123", "This is no invitation link"),
        ])
    func wrongCode(text: String, sentence: String) {
        var start = GuidedStart(in: Self.situation)
        for answer in ["2", "1"] + Array(repeating: text, count: 7) { start.answer(answer) }
        #expect(Self.question(start.step)?.remarks.first?.contains(sentence) == true)
        start.answer(Self.code)
        #expect(Self.arguments(start.step) == ["join", Self.code])
    }

    @Test(
        "a link is taken in place of a code, out of its sentence, and needs no relay",
        arguments: [link, "<\(link)>", "Link: \(link).", "“\(link)”"])
    func pastedLink(text: String) {
        let situation = Self.with { $0.relay = nil }
        for answers in [["2", "1", text], ["2", "file", text], [text]] {
            var start = GuidedStart(in: situation)
            answers.forEach { start.answer($0) }
            #expect(Self.arguments(start.step) == ["join", Self.link])
        }
    }

    @Test("a file tells who asks before it is used, wherever it is dragged to")
    func opened() {
        let path = "/home/ann/my file.rainvite"
        for answers in [["2", "2", "'\(path)'"], ["2", "1", "/home/ann/my\\ file.rainvite"], ["file:///home/ann/my%20file.rainvite"], ["2", path]] {
            var start = GuidedStart(in: Self.with { $0.relay = nil })
            answers.forEach { start.answer($0) }
            guard case .look(let paths) = start.step else { Issue.record("\(answers) looks nowhere"); continue }
            #expect(paths.last == path)
            start.found(.contents(path: path, Self.paper()))
            let sentences = Self.question(start.step)?.remarks.first
            #expect(sentences?.contains("Ann asks for help. (Nobody has checked that name.)\nYou would meet at http://relay.example.org:3478.") == true)
            #expect(sentences?.contains("never be given control") == true)
            var no = start
            no.answer("no")
            #expect(Self.question(no.step)?.text.hasPrefix("Wh") == true)
            start.answer("yes")
            #expect(Self.arguments(start.step) == ["join", path])
            if case .run(let command) = start.step { #expect(command.commandLine == "ra-connect join '\(path)'") }
        }
    }

    @Test("a file that cannot be used is explained, and another one asked for")
    func unusable() {
        let cases: [(FoundFile, String)] = [
            (.nothing(hasFolder: true), "There is no file “/x.rainvite” here."), (.folder("/x.rainvite"), "is a folder"),
            (.unreadable(path: "/x.rainvite", "It cannot be read."), "cannot be read"),
            (.contents(path: "/x.rainvite", Array("hello".utf8)), "This is no invitation file"),
            (.contents(path: "/x", Self.incident(start: 1_000_000_000)), "was good until 2001-09-0"),
            (.contents(path: "/x.MsRcIncident", [0]), "no invitation of Windows"),
        ]
        for (found, sentence) in cases {
            var start = GuidedStart(in: Self.situation)
            for answer in ["2", "2", "/x.rainvite"] { start.answer(answer) }
            start.found(found)
            #expect(Self.question(start.step)?.text == "Where is the file?")
            #expect(Self.question(start.step)?.remarks.first?.contains(sentence) == true, "\(found)")
        }
        // Its owner can have made it longer since it was saved.
        var late = GuidedStart(in: Self.situation)
        for answer in ["2", "2", "/x.rainvite"] { late.answer(answer) }
        late.found(.contents(path: "/x.rainvite", Self.paper(expires: Self.now)))
        #expect(Self.question(late.step)?.remarks.contains { $0.contains("unless it was made longer since") } == true)
        var windows = GuidedStart(in: Self.situation)
        for answer in ["2", "2", "x.MsRcIncident"] { windows.answer(answer) }
        windows.found(.contents(path: "x.MsRcIncident", Self.incident(start: Self.now.seconds)))
        #expect(Self.question(windows.step)?.remarks.first?.contains("It has a password") == true)
        windows.answer("1")
        #expect(Self.arguments(windows.step) == ["join", "x.MsRcIncident"])
    }

    @Test("what a policy forbids is not offered, and said")
    func policy() {
        let silent = Self.with { $0.policy.mayAsk = false }
        let purpose = Self.question(Self.step(silent))
        #expect(purpose?.choices.map(\.meaning) == [.giveHelp])
        #expect(purpose?.description.contains("(may-ask)") == true)
        #expect(Self.question(Self.step(silent, after: "get help"))?.remarks.first?.contains("(may-ask)") == true)
        #expect(Self.arguments(Self.step(silent, after: "1", "1", Self.code)) == ["join", Self.code])

        let other = RelayURL("https://other.example")!
        let elsewhere = Self.with { $0.policy.relays = [other] }
        #expect(Self.question(Self.step(elsewhere, after: "1", "1"))?.choices.map(\.meaning) == [.relay(other)])
        for answer in ["1", "https://other.example", "https://OTHER.example/", "https"] {
            #expect(Self.arguments(Self.step(elsewhere, after: "1", "1", answer)) == ["share", "--relay", "https://other.example"])
        }
        #expect(Self.question(Self.step(elsewhere, after: "1", "1", "relay.example.org"))?.remarks.first?.contains("does not allow the relay") == true)
        #expect(Self.question(Self.step(elsewhere, after: "1", "1", "7"))?.remarks.first?.contains("There is no 7 here") == true)
        #expect(Self.question(Self.step(elsewhere, after: Self.link))?.remarks.first?.contains("does not allow the relay") == true)
        for found in [Self.paper(), Self.incident(start: Self.now.seconds)] {
            var start = GuidedStart(in: elsewhere)
            for answer in ["2", "2", "/x"] { start.answer(answer) }
            start.found(.contents(path: "/x", found))
            #expect(Self.question(start.step)?.remarks.first?.contains("(relays)") == true)
        }
        guard case .refuse(let sentence) = Self.step(Self.with { $0.policy.relays = [] }) else { Issue.record("it asks"); return }
        #expect(sentence.contains("(relays)"))
        #expect(Self.question(Self.step(Self.with { $0.policy.ceiling = .view }, after: "1"))?.description.contains("(ceiling)") == true)
    }

    @Test("what this computer cannot do is not offered, and said")
    func computer() {
        let headless = Self.with { $0.screenProblem = "There is no desktop." }
        #expect(Self.question(Self.step(headless))?.remarks.contains("You cannot get help here. There is no desktop.") == true)
        #expect(Self.question(Self.step(headless, after: "share"))?.text == "What would you like to do?")
        let mute = Self.with { $0.mailProblem = "There is no way." }
        #expect(Self.question(Self.step(mute, after: "1"))?.choices.map(\.meaning) == [.byCode, .byFile])
        #expect(Self.question(Self.step(mute, after: "1", "mail"))?.remarks.first == "Mail is not offered. There is no way.")
        #expect(Self.question(Self.step(mute, after: "1", "3"))?.remarks.first?.contains("There is no 3 here") == true)
    }

    @Test(
        "a choice is a number, a word, or the beginning of one",
        arguments: ["2", "2.", "2)", "(2)", "give", "GIVE", "gi", "join", "somebody", "help s"])
    func choices(answer: String) {
        #expect(Self.question(Self.step(after: answer))?.text == "What were you given?")
    }

    @Test(
        "what is no choice is explained",
        arguments: [
            ("help", "could be more than one of these"), ("g", "could be more than one"), ("xyz", "is none of these: type a number from 1 to 2, or “get”, “give”."),
            ("0", "There is no 0 here"), ("3", "There is no 3 here"), ("-9223372036854775808", "is none of these"),
            ("99999999999999999999", "is none of these"), ("\u{1B}[A", "“\u{FFFD}[A” is none"), (String(repeating: "1", count: 5000), "too long"),
        ])
    func noChoice(answer: String, sentence: String) {
        #expect(Self.question(Self.step(after: answer))?.remarks.first?.contains(sentence) == true)
    }
}
