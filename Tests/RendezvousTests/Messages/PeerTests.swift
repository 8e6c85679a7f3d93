import Rendezvous
import Testing

@Suite("What the peers say to each other")
struct PeerTests {
    static let share = [UInt8](repeating: 9, count: 32)
    static let messages: [PeerMessage] = [
        .helperShare(.code, share), .helperShare(.link, share), .sharerShare(share),
        .confirm(Secret([UInt8](repeating: 1, count: 64))), .sealed([]), .sealed([1, 2, 3, 4]),
        .sealed([1], epoch: 1), .sealed([1], epoch: .max),
    ]

    @Test("every message reads back as itself", arguments: messages)
    func roundTrip(_ message: PeerMessage) throws {
        #expect(try PeerMessage(parsing: message.payload) == message)
    }

    @Test("truncated shares and tags throw", arguments: messages.prefix(4))
    func truncated(_ message: PeerMessage) {
        for count in 0..<message.payload.count {
            #expect(throws: MessageError.self) { try PeerMessage(parsing: String(message.payload.prefix(count))) }
        }
    }

    @Test(
        "malformed messages throw",
        arguments: [
            "", " ", "share", "share ", "share code", "share word AAAA", "share  AAAA", "share code AAAA extra",
            "confirm AAAA", "confirm", "sealed A", "sealed ====", "sealed AA AA", "sealed A\u{0}AA", "sealed AB",
            "sealed 0 AAAA", "sealed 01 AAAA", "sealed +1 AAAA", "sealed -1 AAAA", "sealed 4294967296 AAAA", "sealed 1 AAAA 2",
            "SEALED AAAA", "share code " + String(repeating: "A", count: 44),
        ])
    func malformed(_ text: String) { #expect(throws: MessageError.self) { try PeerMessage(parsing: text) } }

    static let peer = PeerDescription(
        name: "Ann 🖥️", fingerprint: "sha-256 AB:CD", usernameFragment: "abcd", password: "abcdefghijklmnopqrstuv")
    static let payloads: [PeerPayload] = [
        .description(peer), .candidate(line: "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host", isMapped: false),
        .candidate(line: "candidate:2", isMapped: true), .endOfCandidates(),
        .candidate(line: "candidate:3", isMapped: false, generation: 7), .endOfCandidates(generation: 7),
        .restart(generation: 7, usernameFragment: peer.usernameFragment, password: peer.password), .bye(reason: "declined"),
        .card(PersonCard(PersonAddress("ann@relay.example.org")!)),
        .again(), .again(isAnswer: true), .suspended, .awake,
        .description(
            PeerDescription(
                name: "Of before", fingerprint: peer.fingerprint, usernameFragment: peer.usernameFragment,
                password: peer.password, returns: false)),
    ]

    @Test("every payload reads back as itself, and truncated at any byte throws", arguments: payloads)
    func payloadRoundTrip(_ payload: PeerPayload) throws {
        #expect(try PeerPayload(parsing: payload.text) == payload)
        for count in 0..<payload.text.count {
            #expect(throws: MessageError.malformed) { try PeerPayload(parsing: Array(payload.text.prefix(count))) }
        }
    }

    @Test(
        "malformed payloads throw",
        arguments: [
            "{}", #"{"type":"description"}"#, #"{"type":"candidate","candidate":""}"#,
            #"{"type":"candidate","candidate":"a\nb"}"#, #"{"type":"candidate","candidate":"x","mapped":"yes"}"#,
            #"{"type":"bye","reason":"\u001b"}"#, #"{"type":"later"}"#,
            #"{"type":"description","name":"A","fingerprint":"sha-256 AB","ufrag":"abc","pwd":"abcdefghijklmnopqrstuv"}"#,
            #"{"type":"description","name":"A","fingerprint":"sha-256 AB","ufrag":"ab d","pwd":"abcdefghijklmnopqrstuv"}"#,
            #"{"type":"description","name":"A","fingerprint":"sha-256 AB","ufrag":"abcd","pwd":"short"}"#,
        ])
    func malformedPayloads(_ text: String) {
        #expect(throws: MessageError.self) { try PeerPayload(parsing: Array(text.utf8)) }
    }

    @Test("a name is cleaned of what steers a terminal, and cut")
    func names() throws {
        let text =
            #"{"type":"description","name":"A\u001b[31m\u202ennXXXX","fingerprint":"sha-256 AB","ufrag":"abcd","#
            + #""pwd":"abcdefghijklmnopqrstuv"}"#
        let long = text.replacing("XXXX", with: String(repeating: "x", count: 4000))
        guard case .description(let peer) = try PeerPayload(parsing: Array(long.utf8)) else {
            Issue.record("no description")
            return
        }
        #expect(peer.name.hasPrefix("A[31mnnxxx") && peer.name.utf8.count == 128)
    }
}
