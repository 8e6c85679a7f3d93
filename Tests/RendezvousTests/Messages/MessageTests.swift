@testable import Rendezvous
import Testing

@Suite("Messages of the rendezvous")
struct MessageTests {
    static let lookup = Lookup("ABC123")!
    static let meeting = MeetingID("0123456789ABCDEFGHJKMNPQR0")!
    static let owner = Secret((0..<16).map { UInt8($0) })
    static let turn = TURNCredentials(
        username: "1795000000:abc", password: Secret("pass/word=".utf8), expires: UnixTime(seconds: 1_795_000_000),
        uris: ["turn:relay.example.org:3478?transport=udp"])

    static let clientMessages: [ClientMessage] = [
        .create(InvitationTerms(lifetime: 3600, uses: 2, ceiling: .view)), .resume(lookup, owner: owner),
        .extend(lookup, lifetime: 60), .close(lookup), .burn(lookup), .confirmed(meeting), .refuse(meeting, .wrongCode),
        .refuse(meeting, .declined), .refuse(meeting, .gone), .meet(lookup),
        .opaque(meeting, payload: "share code \"\\/"),
        .leave(meeting), .seat(meeting, key: SeatKey(seed: seed).publicKey),
        .rejoin(meeting, .helper, number: 7, proof: SeatKey(seed: seed).proof(of: .helper, in: meeting, number: 7)),
        .status(lookup, owner: owner), .extend(lookup, lifetime: 60, owner: owner), .close(lookup, owner: owner),
    ]
    static let seed = Secret((0..<32).map { UInt8($0) })

    static let serverMessages: [ServerMessage] = [
        .created(lookup, owner: owner, expires: turn.expires, uses: 1, turn: turn),
        .created(lookup, owner: owner, expires: turn.expires, uses: 1, turn: nil),
        .created(lookup, owner: owner, expires: turn.expires, uses: 1, turn: nil, lifetime: 600),
        .resumed(lookup, expires: turn.expires, uses: 3, turn: nil), .extended(lookup, expires: turn.expires),
        .closed(lookup, .burnt), .helperArrived(lookup, meeting), .met(meeting), .gone,
        .opaque(meeting, payload: ""), .peerLeft(meeting), .refused(meeting, .wrongCode), .credentials(meeting, turn),
        .error(.rateLimited), .peerLeft(meeting, mayReturn: true), .seated(meeting), .rejoined(meeting, turn: turn),
        .rejoined(meeting, turn: nil), .forgotten(meeting),
        .elsewhere(RelayURL(String("https://two.relay.example.org:8443"))!),
    ] + InvitationStatus.State.allCases.map { ServerMessage.status(lookup, InvitationStatus(state: $0, expires: turn.expires)) }

    @Test("every client message reads back as itself, and truncated at any byte throws", arguments: clientMessages)
    func client(_ message: ClientMessage) throws {
        #expect(try ClientMessage(parsing: message.text) == message)
        for count in 0..<message.text.count {
            #expect(throws: MessageError.malformed) { try ClientMessage(parsing: Array(message.text.prefix(count))) }
        }
    }

    @Test("every server message reads back as itself, and truncated at any byte throws", arguments: serverMessages)
    func server(_ message: ServerMessage) throws {
        #expect(try ServerMessage(parsing: message.text) == message)
        for count in 0..<message.text.count {
            #expect(throws: MessageError.malformed) { try ServerMessage(parsing: Array(message.text.prefix(count))) }
        }
    }

    @Test("the wire form is the documented one")
    func wire() {
        #expect(
            String(decoding: ClientMessage.meet(Self.lookup).text, as: UTF8.self)
                == #"{"lookup":"ABC123","type":"meet","version":1}"#)
        #expect(
            String(decoding: ClientMessage.status(Self.lookup, owner: Self.owner).text, as: UTF8.self)
                == #"{"lookup":"ABC123","owner":"000G40R40M30E209185GR38E1W","type":"status","version":1}"#)
        #expect(
            String(decoding: ClientMessage.close(Self.lookup, owner: Self.owner).text, as: UTF8.self)
                == #"{"lookup":"ABC123","owner":"000G40R40M30E209185GR38E1W","type":"close"}"#)
        let status = InvitationStatus(state: .inUse, expires: Self.turn.expires)
        #expect(
            String(decoding: ServerMessage.status(Self.lookup, status).text, as: UTF8.self)
                == #"{"expires":"2026-11-18T11:06:40Z","lookup":"ABC123","state":"in-use","type":"status"}"#)
        #expect(String(decoding: ServerMessage.gone.text, as: UTF8.self) == #"{"type":"gone"}"#)
        #expect(
            String(decoding: ServerMessage.error(.tooLarge).text, as: UTF8.self)
                == #"{"code":"too-large","type":"error"}"#)
    }

    static let proof = Base64URL.encode(SeatKey(seed: seed).proof(of: .helper, in: meeting, number: 1))

    @Test(
        "malformed client messages say what they are",
        arguments: [
            ("", MessageError.malformed), ("null", .malformed), ("[]", .malformed), ("{}", .malformed),
            (#"{"type":7}"#, .malformed), (#"{"type":"meet","type2":1}"#, .malformed),
            (#"{"type":"dance"}"#, .unknownType), (#"{"type":""}"#, .unknownType),
            (#"{"type":"meet","version":2,"lookup":"000000"}"#, .unsupportedVersion),
            (#"{"type":"meet","version":1,"lookup":"00000"}"#, .malformed),
            (#"{"type":"meet","version":1,"lookup":["000000"]}"#, .malformed),
            (#"{"type":"create","version":1,"lifetime":0,"uses":1,"ceiling":"view"}"#, .malformed),
            (#"{"type":"create","version":1,"lifetime":-5,"uses":1,"ceiling":"view"}"#, .malformed),
            (#"{"type":"create","version":1,"lifetime":1e99,"uses":1,"ceiling":"view"}"#, .malformed),
            (#"{"type":"create","version":1,"lifetime":60,"uses":1001,"ceiling":"view"}"#, .malformed),
            (#"{"type":"create","version":1,"lifetime":60,"uses":1,"ceiling":"VIEW"}"#, .malformed),
            (#"{"type":"resume","version":1,"lookup":"000000","owner":"0"}"#, .malformed),
            (#"{"type":"status","version":1,"lookup":"000000"}"#, .malformed),
            (#"{"type":"status","lookup":"000000","owner":"0123456789ABCDEFGHJKMNPQR0"}"#, .malformed),
            (#"{"type":"status","version":2,"lookup":"000000","owner":"0123456789ABCDEFGHJKMNPQR0"}"#, .unsupportedVersion),
            (#"{"type":"close","lookup":"000000","owner":"0"}"#, .malformed),
            (#"{"type":"extend","lookup":"000000","lifetime":5,"owner":""}"#, .malformed),
            (#"{"type":"confirmed","meeting":"0123456789ABCDEFGHJKMNPQR1"}"#, .malformed),
            (#"{"type":"seat","meeting":"0123456789ABCDEFGHJKMNPQR0","key":"AAAA"}"#, .malformed),
            (#"{"type":"seat","meeting":"0123456789ABCDEFGHJKMNPQR0"}"#, .malformed),
            (#"{"type":"rejoin","version":1,"meeting":"0123456789ABCDEFGHJKMNPQR0","side":"helper","number":1,"proof":"AA"}"#, .malformed),
            (#"{"type":"rejoin","version":1,"meeting":"0123456789ABCDEFGHJKMNPQR0","side":"both","number":1,"proof":"\#(proof)"}"#, .malformed),
            (#"{"type":"rejoin","version":1,"meeting":"0123456789ABCDEFGHJKMNPQR0","side":"helper","number":-1,"proof":"\#(proof)"}"#, .malformed),
            (#"{"type":"rejoin","version":2,"meeting":"0123456789ABCDEFGHJKMNPQR0","side":"helper","number":1,"proof":"\#(proof)"}"#, .unsupportedVersion),
            (#"{"type":"refuse","meeting":"0123456789ABCDEFGHJKMNPQR0","reason":"whim"}"#, .malformed),
            (#"{"type":"opaque","meeting":"0123456789ABCDEFGHJKMNPQR0"}"#, .malformed),
            (#"{"type":"opaque","meeting":"0123456789ABCDEFGHJKMNPQR0","payload":"a\nb"}"#, .malformed),
            (#"{"type":"opaque","meeting":"0123456789ABCDEFGHJKMNPQR0","payload":"ä"}"#, .malformed),
        ])
    func malformed(_ text: String, _ error: MessageError) {
        #expect(throws: error) { try ClientMessage(parsing: Array(text.utf8)) }
    }

    @Test("the largest messages there are fit")
    func largest() throws {
        let opaque = ClientMessage.opaque(Self.meeting, payload: String(repeating: "a", count: 16 * 1024))
        #expect(try ClientMessage(parsing: opaque.text) == opaque)
        let box = PeerMessage.sealed([UInt8](repeating: 0xFF, count: SealedChannel.maximumPlaintext + 16)).payload
        #expect(box.utf8.count < 16 * 1024)
        let turn = TURNCredentials(
            username: String(repeating: "u", count: 512), password: Secret([UInt8](repeating: 0x70, count: 512)),
            expires: UnixTime(seconds: 1_900_000_000), uris: Array(repeating: String(repeating: "t", count: 512), count: 32))
        let credentials = ServerMessage.credentials(Self.meeting, turn)
        #expect(try ServerMessage(parsing: credentials.text) == credentials)
    }

    @Test("nesting without end is malformed, and more than 20 KiB is too large")
    func sizes() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 20 * 1024)
        #expect(throws: MessageError.malformed) { try ClientMessage(parsing: deep) }
        #expect(throws: MessageError.tooLarge) { try ClientMessage(parsing: deep + [0x20]) }
        let objects = Array(String(repeating: #"{"type":"#, count: 2000).utf8)
        #expect(throws: MessageError.malformed) { try ServerMessage(parsing: objects) }
    }

    @Test("bytes that are no UTF-8 are malformed")
    func notUTF8() {
        var text = ClientMessage.opaque(Self.meeting, payload: "aaaa").text
        for index in text.indices {
            let byte = text[index]
            text[index] = 0xFF
            #expect(throws: MessageError.malformed) { try ClientMessage(parsing: text) }
            text[index] = byte
        }
    }

    @Test("payloads are bounded")
    func payloadBound() {
        let fits = ClientMessage.opaque(Self.meeting, payload: String(repeating: "a", count: 16 * 1024))
        #expect(throws: Never.self) { try ClientMessage(parsing: fits.text) }
        let long = ClientMessage.opaque(Self.meeting, payload: String(repeating: "a", count: 16 * 1024 + 1))
        #expect(throws: MessageError.malformed) { try ClientMessage(parsing: long.text) }
    }

    @Test("credentials keep their password to themselves")
    func redacted() {
        #expect(!"\(Self.turn)".contains("pass/word="))
        #expect(!"\(ServerMessage.credentials(Self.meeting, Self.turn))".contains("pass/word="))
    }
}
