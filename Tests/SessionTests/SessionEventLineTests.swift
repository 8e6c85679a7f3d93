import Foundation
@testable import Session
import Testing

private let path = PathDescription(
    kind: .punched, transport: .udp, local: "192.168.1.2:5000", remote: "11.22.33.44:6000")
private let pathJSON = #"{"kind":"punched","transport":"udp","local":"192.168.1.2:5000","remote":"11.22.33.44:6000"}"#

@Suite("event lines")
struct SessionEventLineTests {
    static let lines: [(SessionEventLine, String)] = [
        (
            .invitation(
                code: "ABCDEF-GHJKMN", link: nil, file: "/tmp/a.rainvite",
                expires: Date(timeIntervalSince1970: 1_800_000_000)),
            #"{"event":"invitation","code":"ABCDEF-GHJKMN","link":null,"file":"/tmp/a.rainvite","expires":"2027-01-15T08:00:00Z"}"#
        ),
        (
            .helper(name: "Hugo", verified: .code, fingerprint: "AA:BB"),
            #"{"event":"helper","name":"Hugo","verified":"code","fingerprint":"AA:BB"}"#
        ),
        (
            .request(id: 1, .view, from: "Hugo", detail: nil, ConsentNotice(warningBeforeView: "Take care.\nReally.")),
            #"{"event":"request","id":1,"kind":"view","from":"Hugo","detail":{"says":null,"verified":"code","#
                + #""answer_within_s":60,"lasts":"session","warning":"Take care.\nReally."}}"#
        ),
        (
            .sideRequest(file, from: "Hugo", ConsentNotice()),
            #"{"event":"request","id":4,"kind":"file","from":"Hugo","detail":{"name":"a.txt","bytes":1234567,"says":null,"#
                + #""verified":"code","answer_within_s":60,"lasts":"once","warning":null}}"#
        ),
        (
            .sideRequest(SideRequest(id: 5, wireID: 1, asker: .helper, .clipboard(.both)), from: "Hugo", ConsentNotice()),
            #"{"event":"request","id":5,"kind":"clipboard","from":"Hugo","detail":{"directions":["send","receive"],"says":null,"#
                + #""verified":"code","answer_within_s":60,"lasts":"session","warning":null}}"#
        ),
        (
            .sideRequest(tunnel, from: "Hugo", ConsentNotice()),
            #"{"event":"request","id":6,"kind":"tcp","from":"Hugo","detail":{"host":"localhost","port":22,"says":null,"#
                + #""verified":"code","answer_within_s":60,"lasts":"session","warning":null}}"#
        ),
        (.side(.granted, file, by: .sharer), #"{"event":"granted","kind":"file","by":"sharer","id":4}"#),
        (.side(.denied, file, by: .timeout), #"{"event":"denied","kind":"file","by":"timeout","id":4}"#),
        (.side(.revoked, tunnel, by: .helper), #"{"event":"revoked","kind":"tcp","by":"helper","id":6}"#),
        (.granted(.view, by: .sharer), #"{"event":"granted","kind":"view","by":"sharer"}"#),
        (.denied(.control, by: .timeout), #"{"event":"denied","kind":"control","by":"timeout"}"#),
        (.revoked(.control, by: .helper), #"{"event":"revoked","kind":"control","by":"helper"}"#),
        (
            .connected(elapsedMilliseconds: 412, path: path),
            #"{"event":"connected","elapsed_ms":412,"path":"# + pathJSON + "}"
        ),
        (.path(path, reason: .better), #"{"event":"path","path":"# + pathJSON + #","reason":"better path"}"#),
        (.path(nil, reason: .lost), #"{"event":"path","path":null,"reason":"path lost"}"#),
        (
            .candidates(
                [TriedPair(local: "a", remote: "b", kind: .direct, result: .failed, milliseconds: 30, why: "no answer")],
                findings: [RouterFinding(local: "c", external: nil, why: "no address")]),
            #"{"event":"candidates","tried":[{"local":"a","remote":"b","kind":"direct","result":"failed","ms":30,"why":"no answer"}],"#
                + #""findings":[{"local":"c","external":null,"why":"no address"}]}"#
        ),
        (
            .firstFrame(elapsedMilliseconds: 900, width: 1280, height: 800),
            #"{"event":"first-frame","elapsed_ms":900,"width":1280,"height":800}"#
        ),
        (.paused, #"{"event":"paused"}"#), (.resumed, #"{"event":"resumed"}"#),
        (
            .chat(from: "Hugo", text: "a \"b\" \\ \n\u{1}\u{7F}\u{2028}é😀/"),
            #"{"event":"chat","from":"Hugo","text":"a \"b\" \\ \n\u0001\u007f\u2028é😀/"}"#
        ),
        (
            .file(id: 2, name: "x", bytes: 5, of: 10, state: .moving),
            #"{"event":"file","id":2,"name":"x","bytes":5,"of":10,"state":"moving"}"#
        ),
        (
            .file(id: 2, name: "x", bytes: 10, of: 10, state: .done, detail: "/home/a/x"),
            #"{"event":"file","id":2,"name":"x","bytes":10,"of":10,"state":"done","detail":"/home/a/x"}"#
        ),
        (.ended(.noPath, detail: "why"), #"{"event":"ended","reason":"no-path","detail":"why"}"#),
    ]

    static let file = SideRequest(id: 4, wireID: 9, asker: .helper, .file(name: "a.txt", bytes: 1_234_567))
    static let tunnel = SideRequest(id: 6, wireID: 2, asker: .helper, .tcp(Destination("localhost:22")!))

    @Test("ask for a file with its name and size, in the words of whoever is asked")
    func sideQuestions() {
        func question(_ request: SideRequest, _ role: Role) -> String {
            SessionEventLine.sideRequest(request, from: "Hugo", ConsentNotice()).sentence(for: role, peer: "Hugo")
        }
        #expect(
            question(Self.file, .sharer) == "Hugo, who had the right code, asks to send you the file “a.txt” (1.2 MB).\n"
                + "Type “yes 4” or “no 4”; no answer within 60 s is a no.")
        #expect(question(Self.file, .helper).hasPrefix("Hugo, who invited you, asks to send you the file"))
        #expect(question(Self.tunnel, .sharer).contains("use connections from your computer to localhost:22, until"))
        let hostile = SideRequest(id: 4, wireID: 9, asker: .helper, .file(name: "a\u{202E}\u{1B}[2Jb", bytes: 1))
        #expect(!question(hostile, .sharer).contains("\u{1B}") && !question(hostile, .sharer).contains("\u{202E}"))
    }

    @Test("say where a file is, how far it is, and why it is not there")
    func files() {
        func sentence(_ state: SessionEventLine.FileState, _ detail: String? = nil) -> String {
            SessionEventLine.file(id: 1, name: "a.txt", bytes: 450_000, of: 1_000_000, state: state, detail: detail)
                .sentence(for: .sharer, peer: "Hugo")
        }
        #expect(sentence(.moving) == "The file “a.txt”: 45 %, 450 KB of 1.0 MB.")
        #expect(sentence(.done, "/home/a/a.txt") == "The file “a.txt” is here: /home/a/a.txt")
        #expect(sentence(.done) == "Hugo has the file “a.txt”.")
        #expect(sentence(.failed, "\(FileFailure.noRoom)").hasSuffix("not enough room for it on the disk of the receiver."))
    }

    @Test(
        "say sizes as people read them",
        arguments: [
            (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 KB"), (9949, "9.9 KB"), (9951, "10 KB"),
            (999_499, "999 KB"), (999_500, "1.0 MB"), (1_234_567, "1.2 MB"), (UInt64(Int64.max), "9223372 TB"),
        ] as [(UInt64, String)])
    func sizes(bytes: UInt64, text: String) { #expect(SideRequest.Subject.size(bytes) == text) }

    @Test("are JSON with the keys in DESIGN.md's order", arguments: lines)
    func json(line: SessionEventLine, text: String) throws {
        #expect(line.json == text)
        _ = try JSONSerialization.jsonObject(with: Data(text.utf8))
    }

    @Test("are a sentence for either person, without a single control character", arguments: lines, Role.allCases)
    func sentences(line: (SessionEventLine, String), role: Role) {
        let sentence = line.0.sentence(for: role, peer: "Eve\u{1B}[2J\u{202E}")
        #expect(!sentence.isEmpty)
        #expect(
            sentence.unicodeScalars.allSatisfy {
                $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F && $0.value != 0x202E
            })
    }

    @Test("say who said no in words that fit the reader")
    func denial() {
        #expect(
            SessionEventLine.denied(.control, by: .sharer).sentence(for: .sharer, peer: "Hugo")
                == "You said no: Hugo may not use your mouse and keyboard.")
        #expect(
            SessionEventLine.denied(.control, by: .sharer).sentence(for: .helper, peer: "Sara")
                == "Sara said no: you may not use the mouse and the keyboard.")
        #expect(
            SessionEventLine.revoked(.control, by: .sharer).sentence(for: .helper, peer: "Sara")
                == "Sara ended it: you may not use the mouse and the keyboard any more.")
    }

    @Test("say what went wrong, and that something did only where nobody knows what")
    func errors() {
        let known = SessionEventLine.ended(.error, detail: "The relay is full.")
        #expect(known.sentence(for: .sharer, peer: "Hugo") == "The relay is full.")
        let unknown = SessionEventLine.ended(.error, detail: "")
        #expect(unknown.sentence(for: .sharer, peer: "Hugo") == "Something went wrong, so the session is over.")
    }

    @Test("leave out what is the driver's business")
    func internals() {
        for event in [
            SessionEvent.startSharing, .stopSharing, .input(.text("x")), .letGo([]), .keyFrameRequested,
            .frameAcknowledged(1),
        ] {
            #expect(SessionEventLine(event, notice: ConsentNotice()) == nil)
        }
        #expect(
            SessionEventLine(.request(id: 1, .view, from: "H", detail: ""), notice: ConsentNotice())
                == .request(id: 1, .view, from: "H", detail: nil, ConsentNotice()))
    }

    private func question(_ kind: Capability, _ notice: ConsentNotice) -> [Substring] {
        SessionEventLine.request(id: 1, kind, from: "Hugo", detail: nil, notice).sentence(for: .sharer, peer: "Hugo")
            .split(separator: "\n")
    }

    @Test("ask with who, how verified, for what, for how long, and what silence means")
    func questions() {
        let lines = question(.control, ConsentNotice())
        #expect(lines == [
            "Hugo, who had the right code, asks to use your mouse and keyboard, until you take it back or the session ends.",
            "Type yes or no; no answer within 60 s is a no.",
        ])
    }

    @Test("warn of callers who pretend to be support, before the first yes to somebody who is no contact")
    func warnings() {
        #expect(question(.view, ConsentNotice()).first?.hasPrefix("Beware: swindlers ring up") == true)
        var contact = ConsentNotice()
        contact.verified = .contact
        #expect(question(.view, contact).first?.hasPrefix("Hugo, one of your contacts, asks") == true)
        // An administrator's words take the place of ours, and are said of contacts as well.
        contact.warningBeforeView = "Our help desk is Ann.\nNobody else."
        contact.warningBeforeControl = "Close the payroll first."
        #expect(question(.view, contact).prefix(2) == ["Our help desk is Ann.", "Nobody else."])
        #expect(question(.control, contact).first == "Close the payroll first.")
    }

    @Test("end in the exit codes of DESIGN.md", arguments: EndReason.allCases)
    func exitCodes(reason: EndReason) {
        let expected: Int32 =
            switch reason {
            case .finished: 0
            case .noPath, .peerLost, .displayLost, .error: 1
            case .relayLost: 3
            case .declined, .timeout: 4
            case .policy: 5
            case .invitationExpired, .invitationUsed, .invitationRevoked, .wrongCode: 6
            }
        #expect(ExitCode(reason).rawValue == expected)
        for role in Role.allCases { #expect(reason.sentence(for: role, peer: "Sara").hasSuffix(".")) }
    }

    @Test("name the reasons of the closed list")
    func reasons() {
        let list =
            "finished|declined|timeout|policy|invitation-expired|invitation-used|invitation-revoked|wrong-code|no-path|peer-lost|relay-lost|display-lost|error"
        #expect(EndReason.allCases.map(\.rawValue).joined(separator: "|") == list)
    }
}
