import Foundation
import Session
import Testing

@Suite("the viewer page's protocol")
struct ViewerProtocolTests {
    @Test(
        "what the page says is understood",
        arguments: [
            (#"{"type":"hello","token":"abc"}"#, .hello(token: "abc")),
            (#"{"type":"request-control"}"#, .requestControl), (#"{"type":"release","later":[1]}"#, .release),
            (#"{"type":"say","text":"h\u00e9"}"#, .say("hé")), (#"{"type":"stop"}"#, .stop),
            (#"{"type":"answer","id":3,"yes":false}"#, .answer(3, yes: false)),
            (#"{"type":"key-frame"}"#, .keyFrame), (#"{"type":"shown","frame":7}"#, .shown(frame: 7)),
            (#"{"type":"move","x":1,"y":65535}"#, .input([.move(x: 1, y: 65535)])),
            (
                #"{"type":"button","button":1,"down":true,"x":3,"y":4}"#,
                .input([.move(x: 3, y: 4), .button(.left, down: true)])
            ),
            (#"{"type":"scroll","dx":0,"dy":-3}"#, .input([.scroll(dx: 0, dy: -3)])),
            (#"{"type":"key","keysym":65293,"down":false}"#, .input([.key(.return, down: false)])),
        ] as [(String, ViewerMessage)])
    func understood(json: String, message: ViewerMessage) throws { #expect(try ViewerMessage(json: json) == message) }

    @Test(
        "what is not the page's is refused",
        arguments: [
            ("", .notJSON), ("{", .notJSON), ("[]", .notJSON), ("null", .notJSON), (#"{"type":1}"#, .notJSON),
            (#"{"text":"x"}"#, .notJSON), (#"{"type":"nothing"}"#, .unknownType),
            (#"{"type":"answer","id":3}"#, .missingField), (#"{"type":"answer","id":3,"yes":1}"#, .notJSON),
            (#"{"type":"hello"}"#, .missingField), (#"{"type":"say","text":""}"#, .outOfRange),
            (#"{"type":"move","x":-1,"y":0}"#, .outOfRange), (#"{"type":"move","x":65536,"y":0}"#, .outOfRange),
            (#"{"type":"move","x":1}"#, .missingField), (#"{"type":"move","x":1.5,"y":0}"#, .notJSON),
            (#"{"type":"move","x":1e400,"y":0}"#, .notJSON),
            (#"{"type":"button","button":0,"down":true,"x":0,"y":0}"#, .outOfRange),
            (#"{"type":"button","button":10,"down":true,"x":0,"y":0}"#, .outOfRange),
            (#"{"type":"button","button":1,"x":0,"y":0}"#, .missingField),
            (#"{"type":"scroll","dx":0,"dy":128}"#, .outOfRange),
            (#"{"type":"key","keysym":0,"down":true}"#, .outOfRange),
            (#"{"type":"key","keysym":536870912,"down":true}"#, .outOfRange),
            (#"{"type":"key","keysym":-1,"down":true}"#, .notJSON), (#"{"type":"shown","frame":4294967296}"#, .notJSON),
        ] as [(String, ViewerMessage.Malformed)])
    func refused(json: String, error: ViewerMessage.Malformed) {
        #expect(throws: error) { try ViewerMessage(json: json) }
    }

    @Test("a message has a bound, and depth is no way around it")
    func bounds() {
        #expect(throws: ViewerMessage.Malformed.tooLong) {
            try ViewerMessage(json: String(repeating: " ", count: 32 * 1024 + 1))
        }
        #expect(throws: ViewerMessage.Malformed.notJSON) {
            try ViewerMessage(json: String(repeating: "[", count: 32 * 1024))
        }
        let long = String(repeating: "a", count: 4097)
        #expect(throws: ViewerMessage.Malformed.outOfRange) {
            try ViewerMessage(json: #"{"type":"say","text":"\#(long)"}"#)
        }
        #expect(throws: ViewerMessage.Malformed.notJSON) { try ViewerMessage(json: [0x7B, 0xFF, 0x7D] as [UInt8]) }
    }

    @Test("cut anywhere it is refused")
    func truncation() {
        let json = Array(#"{"type":"button","button":1,"down":true,"x":3,"y":4}"#.utf8)
        for count in 0..<json.count {
            #expect(throws: ViewerMessage.Malformed.notJSON) { try ViewerMessage(json: json[..<count]) }
        }
    }

    @Test("what the page is told is what it reads")
    func updates() {
        let status = SessionStatus(view: .granted, control: .asked, isPaused: true)
        let path = PathDescription(kind: .relayed, transport: .tls, local: "a", remote: "b")
        let state = ViewerUpdate.State(isConnected: true, sharer: "Sara", fingerprint: "AA", status: status, path: path)
        #expect(
            ViewerUpdate.state(state).json
                == #"{"type":"state","connected":true,"sharer":"Sara","fingerprint":"AA","view":"granted","control":"asked","paused":true,"path":{"kind":"relayed","transport":"tls","local":"a","remote":"b"},"questions":[]}"#
        )
        var asked = state
        asked.questions = [ViewerUpdate.Question(id: 4, text: "May I?")]
        #expect(ViewerUpdate.state(asked).json.hasSuffix(#","questions":[{"id":4,"text":"May I?"}]}"#))
        #expect(ViewerUpdate.note("So.").json == #"{"type":"note","text":"So."}"#)
        #expect(ViewerMessage.answer(4, yes: true).commands == [.yes(4)])
        #expect(ViewerUpdate.size(width: 2, height: 3).json == #"{"type":"size","width":2,"height":3}"#)
        #expect(ViewerUpdate.chat(from: "S", text: "x").json == #"{"type":"chat","from":"S","text":"x"}"#)
        #expect(
            ViewerUpdate.ended(.peerLost, sentence: "Gone.").json
                == #"{"type":"ended","reason":"peer-lost","sentence":"Gone."}"#)
    }

    @Test("the token is in the address, behind the #, and nowhere else")
    func token() {
        let token = ViewerToken()
        let address = token.pageAddress(port: 4000)
        #expect(address.hasPrefix("http://127.0.0.1:4000/#t="))
        let text = String(address.dropFirst("http://127.0.0.1:4000/#t=".count))
        #expect(text.count == 32 && token.matches(text))
        #expect(!token.matches("") && !token.matches(text + "0") && !token.matches(String(text.reversed()) + ""))
        #expect("\(token)" == "<redacted>" && String(reflecting: token) == "<redacted>")
        #expect(!ViewerToken().matches(text))
    }
}
