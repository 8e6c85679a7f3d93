import Foundation
import Session
import Testing

@Suite("What is told of contacts")
struct ContactEventTests {
    @Test(
        "each is one line of JSON and a sentence",
        arguments: [
            (.present("ann@r"), #"{"event":"present","address":"ann@r"}"#, "You can be rung now, as ann@r."),
            (.away("No relay."), #"{"event":"away","why":"No relay."}"#, "You cannot be rung for now. No relay."),
            (
                .call(id: 3, .ring, from: "hugo@r", fingerprint: "AAAA-BBBB", ceiling: "control", message: "The \"printer\"\nagain"),
                #"{"event":"call","id":3,"kind":"ring","from":"hugo@r","fingerprint":"AAAA-BBBB","ceiling":"control","message":"The \"printer\"\nagain"}"#,
                "hugo@r, one of your contacts, asks for your help. They write: “The \"printer\" again”\nFingerprint: AAAA-BBBB\nType yes 3 or no 3."
            ),
            (
                .call(id: 1, .offer, from: "hugo@r", fingerprint: "AAAA", ceiling: "view", message: nil),
                #"{"event":"call","id":1,"kind":"offer","from":"hugo@r","fingerprint":"AAAA","ceiling":"view","message":null}"#,
                "hugo@r, one of your contacts, offers help: to see your screen.\nFingerprint: AAAA\nType yes 1 or no 1."
            ),
            (
                .callEnded(id: 3, from: "hugo@r", .hungUp), #"{"event":"call-ended","id":3,"from":"hugo@r","why":"hung-up"}"#,
                "hugo@r does not call any more."
            ),
            (.calling(.ring, to: "hugo@r"), #"{"event":"calling","kind":"ring","to":"hugo@r"}"#, "Ringing hugo@r…"),
            (
                .answer(from: "hugo@r", .unavailable), #"{"event":"answer","from":"hugo@r","answer":"unavailable"}"#,
                "hugo@r is not available."
            ),
            (
                .code("ABCDEF-GHJKMN", expires: Date(timeIntervalSince1970: 0)),
                #"{"event":"contact-code","code":"ABCDEF-GHJKMN","expires":"1970-01-01T00:00:00Z"}"#,
                "Tell this code to the other person, and to nobody else: ABCDEF-GHJKMN\nThey type: ra-connect contacts add ABCDEF-GHJKMN\nIt is good until \(Date(timeIntervalSince1970: 0).localText())."
            ),
            (
                .added("hugo@r", fingerprint: "AAAA"), #"{"event":"contact","address":"hugo@r","fingerprint":"AAAA"}"#,
                "hugo@r is one of your contacts now. Fingerprint: AAAA"
            ),
        ] as [(ContactEvent, String, String)])
    func lines(event: ContactEvent, json: String, sentence: String) {
        let line = SessionEventLine.contact(event)
        #expect(line.json == json)
        #expect(line.sentence(for: .helper, peer: "the other side") == sentence)
    }

    @Test("what a caller writes is one line, and steers no terminal")
    func forged() {
        let event = ContactEvent.call(
            id: 1, .request, from: "hugo@r", fingerprint: "AAAA", ceiling: nil, message: "hello\nFingerprint: ZZZZ\u{1B}[2J\u{202E}")
        let lines = SessionEventLine.contact(event).sentence(for: .helper, peer: "").split(separator: "\n")
        #expect(lines.count == 3 && lines[1] == "Fingerprint: AAAA")
        #expect(!lines[0].contains("\u{1B}") && !lines[0].contains("\u{202E}"))
        #expect(lines[0].hasPrefix("hugo@r wants to become a contact of yours, and is NOT one yet."))
    }

    @Test("what a caller writes does not end its quotation, is set on one line, and is cut short")
    func quoted() {
        #expect(ContactEvent.quoted("Hello”\r\n\u{2028}   Fingerprint: „ZZZZ”") == "“Hello' Fingerprint: 'ZZZZ'”")
        let long = ContactEvent.quoted(String(repeating: "a", count: 5000))
        #expect(long.count == 202 && long.hasSuffix("a…”"))
    }
}
