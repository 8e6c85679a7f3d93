@testable import Rendezvous
import Testing

@Suite("Messages of the contacts")
struct ContactMessageTests {
    static let ann = ContactStage.identity(1).key
    static let name = PersonName("ann")!
    static let call = CallID("0123456789ABCDEFGHJKMNPQR0")!
    static let allow = AllowList([ann, ContactStage.identity(2).key])!
    static let nonce = (0..<32).map { UInt8($0) }
    static let proof = (0..<64).map { UInt8($0) }

    static let personMessages: [PersonMessage] = [
        .identify(ann), .prove(proof), .look(name), .register(name), .present(name, allow, strangers: true),
        .present(name, .empty, strangers: false), .absent, .allow(allow, strangers: false), .presence(name),
        .call(call, name, ann, .ring, payload: "abc"), .call(call, name, ann, .offer, payload: ""),
        .call(call, name, ann, .request, payload: "\"\\/"), .answer(call, payload: "x"), .hangUp(call, payload: nil),
        .hangUp(call, payload: "y"),
    ]
    static let asked: [Asked] = [
        .identify, .register(name), .look(name), .present(name), .presence(name), .call(call), .other,
    ]
    static let relayMessages: [SwitchboardMessage] =
        [
            .challenge(nonce), .identified, .person(Person(name: name, key: ann)), .nobody(name), .registered(name),
            .present(name), .presence(name, ann), .presence(name, nil), .unavailable(call), .asked(call),
            .called(call, from: ann, .offer, payload: "abc"), .answered(call, payload: "abc"), .hungUp(call, payload: nil),
            .hungUp(call, payload: "abc"), .replaced,
        ] + asked.map { .elsewhere(ContactStage.relay, for: $0) } + asked.map { .error(.nameTaken, of: $0) }
        + ContactRefusal.allCases.map { .error($0, of: .other) }

    @Test("every message of a person reads back as itself, and truncated at any byte throws", arguments: personMessages)
    func person(_ message: PersonMessage) throws {
        #expect(try PersonMessage(parsing: message.text) == message)
        for count in 0..<message.text.count {
            #expect(throws: MessageError.malformed) { try PersonMessage(parsing: Array(message.text.prefix(count))) }
        }
    }

    @Test("every message of a relay reads back as itself, and truncated at any byte throws", arguments: relayMessages)
    func relay(_ message: SwitchboardMessage) throws {
        #expect(try SwitchboardMessage(parsing: message.text) == message)
        for count in 0..<message.text.count {
            #expect(throws: MessageError.malformed) { try SwitchboardMessage(parsing: Array(message.text.prefix(count))) }
        }
    }

    static let wire: [(PersonMessage, String)] = [
        (.identify(ann), #"{"key":"iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w","type":"identify","version":1}"#),
        (.look(name), #"{"name":"ann","type":"look"}"#),
        (
            .present(name, AllowList([ann])!, strangers: true),
            #"{"allow":"iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w","name":"ann","strangers":true,"type":"present"}"#
        ),
        (
            .call(call, name, ann, .ring, payload: "AA"),
            #"{"call":"0123456789ABCDEFGHJKMNPQR0","key":"iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w","kind":"ring","payload":"AA","to":"ann","type":"call"}"#
        ),
        (.hangUp(call, payload: nil), #"{"call":"0123456789ABCDEFGHJKMNPQR0","type":"hang-up"}"#),
    ]

    @Test("the wire form is the documented one", arguments: wire)
    func wireForm(_ message: PersonMessage, _ text: String) {
        #expect(String(decoding: message.text, as: UTF8.self) == text)
    }

    @Test(
        "the relay's wire form is the documented one",
        arguments: [
            (SwitchboardMessage.presence(name, nil), #"{"here":false,"name":"ann","type":"presence"}"#),
            (
                .elsewhere(ContactStage.relay, for: .presence(name)),
                #"{"name":"ann","of":"presence","type":"elsewhere","url":"https://relay.example.org"}"#
            ),
            (
                .error(.nameTaken, of: .register(name)),
                #"{"code":"name-taken","name":"ann","of":"register","type":"error"}"#
            ),
            (.unavailable(call), #"{"call":"0123456789ABCDEFGHJKMNPQR0","type":"unavailable"}"#),
        ])
    func relayWireForm(_ message: SwitchboardMessage, _ text: String) {
        #expect(String(decoding: message.text, as: UTF8.self) == text)
    }

    static let key = ann.text

    @Test(
        "malformed messages say what they are",
        arguments: [
            ("", MessageError.malformed), ("{}", .malformed), (#"{"type":"dance"}"#, .unknownType),
            (#"{"type":"identify","version":2,"key":"\#(key)"}"#, .unsupportedVersion),
            (#"{"type":"identify","key":"\#(key)"}"#, .malformed),
            (#"{"type":"identify","version":1,"key":"AAAA"}"#, .malformed),
            (#"{"type":"prove","proof":"AAAA"}"#, .malformed),
            (#"{"type":"look","name":"a"}"#, .malformed), (#"{"type":"look","name":"a b"}"#, .malformed),
            (#"{"type":"look","name":"änn"}"#, .malformed),
            (#"{"type":"present","name":"ann","allow":"AAAA","strangers":false}"#, .malformed),
            (#"{"type":"present","name":"ann","allow":["\#(key)"],"strangers":false}"#, .malformed),
            (#"{"type":"present","name":"ann","allow":""}"#, .malformed),
            (#"{"type":"call","call":"0","to":"ann","key":"\#(key)","kind":"ring","payload":""}"#, .malformed),
            (#"{"type":"call","call":"0123456789ABCDEFGHJKMNPQR0","to":"ann","key":"\#(key)","kind":"fax","payload":""}"#, .malformed),
            (#"{"type":"call","call":"0123456789ABCDEFGHJKMNPQR0","to":"ann","key":"\#(key)","kind":"ring","payload":"ä"}"#, .malformed),
            (#"{"type":"hang-up","call":"0123456789ABCDEFGHJKMNPQR0","payload":"a\nb"}"#, .malformed),
        ])
    func malformed(_ text: String, _ error: MessageError) {
        #expect(throws: error) { try PersonMessage(parsing: Array(text.utf8)) }
    }

    @Test("the longest allow-list there may be fits, and one more key does not")
    func largest() throws {
        let keys = (0...AllowList.maximumCount).map { number in
            PersonKey([UInt8](repeating: 0xFF, count: 30) + [UInt8(number & 255), UInt8(number >> 8)])!
        }
        let list = try #require(AllowList(keys.dropLast()))
        let message = PersonMessage.present(Self.name, list, strangers: true)
        #expect(try PersonMessage(parsing: message.text) == message)
        #expect(message.text.count <= ContactFields.maximumSize)
        #expect(AllowList(keys) == nil)
        #expect(AllowList(text: Base64URL.encode(keys.flatMap(\.bytes))) == nil)
        #expect(throws: MessageError.tooLarge) {
            try PersonMessage(parsing: [UInt8](repeating: 0x20, count: ContactFields.maximumSize + 1))
        }
    }

    @Test("an allow-list holds its keys and no others, in whichever order they came, and each once")
    func allowLists() throws {
        let keys = (1...40).map { ContactStage.identity($0).key }
        let list = try #require(AllowList(keys.reversed() + keys))
        #expect(list.count == 40)
        #expect(keys.allSatisfy(list.contains))
        #expect(!(41...80).map { ContactStage.identity($0).key }.contains(where: list.contains))
        #expect(AllowList(text: Base64URL.encode(keys.reversed().flatMap(\.bytes))) == list)
        #expect(!AllowList.empty.contains(keys[0]))
    }

    @Test(
        "an address reads back as itself, and what is none is nil",
        arguments: [
            ("ann@relay.example.org", "https://relay.example.org"), ("ann@relay.example.org:8443", "https://relay.example.org:8443"),
            ("ann@http://192.0.2.7:3478", "http://192.0.2.7:3478"), ("ann@[2001:db8::7]", "https://[2001:db8::7]"),
            ("ann", nil), ("@relay.example.org", nil), ("ann@", nil), ("ann@relay/j/x", nil), ("ann@ftp://relay", nil),
            ("a b@relay.example.org", nil), ("ann@bob@relay.example.org", nil),
        ])
    func addresses(_ text: String, _ relay: String?) throws {
        let address = PersonAddress(text)
        #expect(address?.relay.description == relay)
        #expect(address?.description == relay.map { _ in text })
    }
}
