@testable import ConnectService
import Policy
import Rendezvous
import Testing

/// Every state that can be reached, by every answer.
@Suite("The guided start, every state by every answer")
struct GuidedStartStateTests {
    typealias Tests = GuidedStartTests

    static let answers: [String] = [
        "", "?", " ", "1", "2", "3", "4", "(2)", "get", "give", "help", "code", "file", "mail", "yes", "no", "b", "q", "xyz", "ring", "offer", "hugo", "\u{1B}[A",
        "-1", "ann@example.org", "relay.example.org", "https://other.example", "https://no such relay", Tests.code, "000000-000001", Tests.link,
        "https://other.example/j/ABC123", "/tmp/help.rainvite", "/tmp/", "~", "'it''s", "'a b.rainvite'", "\\", "\"", "file://", "file:///tmp/x.rainvite",
        String(repeating: "a", count: 5000),
    ]

    static let found: [FoundFile] = [
        .nothing(hasFolder: true), .nothing(hasFolder: false), .folder("/home/ann"), .contents(path: "/tmp/help.rainvite", Tests.paper()),
        .contents(path: "/tmp/help.rainvite", Tests.paper(at: "https://other.example")),
        .contents(path: "/tmp/help.rainvite", Tests.paper(expires: Tests.now)), .contents(path: "/tmp/x", Tests.incident(start: Tests.now.seconds)),
        .contents(path: "/tmp/x", []), .unreadable(path: "/tmp/x", "It cannot be read."),
    ]

    static let contacts = [PersonAddress("hugo@relay.example.org")!, PersonAddress("ann@http://relay.example.org:3478")!]

    static let situations: [GuideSituation] = [
        Tests.situation, Tests.with { $0.relay = nil }, Tests.with { $0.policy.mayAsk = false },
        Tests.with { $0.policy.relays = [RelayURL("https://other.example")!] }, Tests.with { $0.policy.relays = [Tests.relay] },
        Tests.with { $0.policy.relays = [] }, Tests.with { $0.screenProblem = "No desktop." }, Tests.with { $0.mailProblem = "No mail." },
        Tests.with { $0.mailOpensProgram = true }, Tests.with { $0.contacts = contacts },
        Tests.with {
            $0.contacts = contacts
            $0.policy.relays = [Tests.relay]
        },
    ]

    /// Every value that can be reached, the first one first.
    static func reachable(in situation: GuideSituation) -> [GuidedStart] {
        var all = [GuidedStart(in: situation)]
        var known = Set(all)
        var index = 0
        while index < all.count {
            // What was remarked upon before changes nothing that follows.
            for next in successors(of: all[index]) where known.insert(next.changed({ $0.remark = nil })).inserted { all.append(next) }
            index += 1
            if all.count > 20_000 { Issue.record("there is no end to it"); break }
        }
        return all
    }

    static func successors(of start: GuidedStart) -> [GuidedStart] {
        switch start.step {
        case .ask: answers.map { answer in start.changed { $0.answer(answer) } }
        case .look: found.map { file in start.changed { $0.found(file) } }
        case .run, .leave, .refuse: []
        }
    }

    @Test("asks, looks, runs or leaves, and each of it stands", arguments: situations)
    func all(situation: GuideSituation) {
        for start in Self.reachable(in: situation) {
            switch start.step {
            case .ask(let question):
                #expect(!question.text.isEmpty && question.description.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
                // q leaves from everywhere, Ctrl-D too, and an empty line asks the same again without complaint.
                #expect(start.changed { $0.answer("q") }.step == .leave && start.changed { $0.answer(" QUIT ") }.step == .leave)
                #expect(start.changed { $0.leave() }.step == .leave)
                let again = start.changed { $0.answer("") }
                #expect(again == start.changed { $0.remark = nil })
                // What was not asked for changes nothing.
                #expect(start.changed { $0.found(.folder("/")) } == start)
                #expect(question.choices.allSatisfy { $0.refusal == nil } && question.withheld.allSatisfy { $0.refusal != nil })
                // Who goes on after a wrong answer is told why.
                for answer in Self.answers.dropFirst(3) where answer != "b" {
                    let next = start.changed { $0.answer(answer) }
                    #expect(next.state != start.state || next.remark != nil, "\(answer) to \(question.text)")
                }
            case .look(let paths):
                #expect(!paths.isEmpty && paths.allSatisfy { !$0.isEmpty })
                #expect(start.changed { $0.answer("1") } == start)
            case .run(let command): check(command, in: situation)
            case .leave, .refuse:
                #expect(start.changed { $0.answer("1") } == start && start.changed { $0.found(.folder("/")) } == start)
            }
        }
    }

    private func check(_ command: GuidedCommand, in situation: GuideSituation) {
        let words = command.arguments
        #expect(["share", "join", "offer"].contains(words[0]) && !command.advice.isEmpty)
        #expect(!words.dropFirst().contains { $0.hasPrefix("-") && !["--file", "--mail", "--relay", "--password", "--to"].contains($0) })
        #expect(words[0] != "share" || situation.whyNotShare == nil)
        #expect(!words.contains("--mail") || situation.mailProblem == nil)
        #expect(!words.contains("--password") || words.contains("--file") || words.contains("--mail"))
        #expect(command.keeps == nil || situation.relay == nil && words.last == command.keeps?.description)
        // It is at a relay that the policy allows, whoever names it.
        if let place = words.firstIndex(of: "--relay") {
            #expect(RelayURL(words[place + 1]).map { situation.refusal(of: $0) } == .some(nil))
        } else if let contact = words[0] == "offer" || words.contains("--to") ? PersonAddress(words[words.count - 1]) : nil {
            #expect(situation.contacts.contains(contact) && situation.refusal(of: contact.relay) == nil)
        } else if words[0] == "share" || words[1] == Tests.code {
            #expect(situation.usableRelay != nil)
        }
        if words.contains(Tests.link) { #expect(situation.policy.relays?.contains(RelayURL("https://relay.example.org")!) ?? true) }
        // A shell reads the same words.
        #expect(ShellWord.words(command.commandLine) == ["ra-connect"] + words)
    }

    @Test("every kind of state is reached, and a way back leads to the first question")
    func coverage() {
        var kinds: Set<String> = []
        for situation in Self.situations {
            for start in Self.reachable(in: situation) {
                kinds.insert(Self.kind(start.state))
                guard case .ask = start.step else { continue }
                var back = start
                for _ in 0..<8 { back.answer("b") }
                #expect(back.state == .purpose)
            }
        }
        #expect(kinds.count == 20)
    }

    private static func kind(_ state: GuidedStart.State) -> String {
        switch state {
        case .purpose: "purpose"
        case .way: "way"
        case .file: "file"
        case .locking: "locking"
        case .lookingForRoom: "looking for room"
        case .replacing: "replacing"
        case .address: "address"
        case .contact: "contact"
        case .form: "form"
        case .invitation: "invitation"
        case .lookingForInvitation: "looking for an invitation"
        case .confirming: "confirming"
        case .relay: "relay"
        case .keeping: "keeping"
        case .decided(.share, _, _): "share"
        case .decided(.join, _, _): "join"
        case .decided(.ring, _, _): "ring"
        case .decided(.offer, _, _): "offer"
        case .left: "left"
        case .refused: "refused"
        }
    }
}

extension GuidedStart {
    fileprivate func changed(_ change: (inout GuidedStart) -> Void) -> GuidedStart {
        var copy = self
        change(&copy)
        return copy
    }
}

extension ShellWord {
    /// A command line in words, as a shell divides it.
    fileprivate static func words(_ line: String) -> [String] {
        var pieces: [String] = []
        var pending = ""
        for piece in line.split(separator: " ", omittingEmptySubsequences: false) {
            pending += (pending.isEmpty ? "" : " ") + piece
            guard let word = unquoted(pending) else { continue }
            pieces.append(word)
            pending = ""
        }
        return pieces
    }
}
