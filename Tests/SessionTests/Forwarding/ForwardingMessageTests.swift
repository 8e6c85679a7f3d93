import Session
import TestSupport
import Testing

@Suite("what forwarded connections say to each other")
struct ForwardingMessageTests {
    static let vectors: [(ForwardingMessage, String)] = [
        (.opened, "01"), (.failed(.refused), "02 01"), (.failed(.unreachable), "02 02"), (.failed(.unknownName), "02 03"),
        (.failed(.timedOut), "02 04"), (.failed(.tooMany), "02 05"), (.failed(.other), "02 06"), (.data([0, 255]), "03 00FF"),
        (.credit(524_288), "04 00080000"), (.credit(.max), "04 FFFFFFFF"), (.end, "05"), (.reset, "06"),
    ]

    @Test("is the bytes it always was, both ways", arguments: vectors)
    func vector(message: ForwardingMessage, hex: String) throws {
        let bytes = ControlMessageTests.bytes(hex)
        #expect(message.encoded() == bytes)
        #expect(try ForwardingMessage.decode(bytes) == message)
        for count in 0..<bytes.count {
            if case .data = message, count > 1 { continue }
            #expect(throws: ForwardingMessage.Malformed.truncated) { try ForwardingMessage.decode(Array(bytes[..<count])) }
        }
        guard case .data = message else {
            return #expect(try ForwardingMessage.decode(bytes + [7]) == message, "a later version's fields are ignored")
        }
    }

    @Test("of a later version says nothing, and its reasons are some other one")
    func later() throws {
        #expect(try ForwardingMessage.decode([0]) == nil)
        #expect(try ForwardingMessage.decode([7, 1, 2, 3]) == nil)
        #expect(try ForwardingMessage.decode([2, 99]) == .failed(.other))
    }

    @Test("has a bound")
    func bound() throws {
        let most = [UInt8](repeating: 7, count: ForwardingMessage.maximumDataBytes)
        #expect(try ForwardingMessage.decode([3] + most) == .data(most))
        #expect(throws: ForwardingMessage.Malformed.tooLong) { try ForwardingMessage.decode([3] + most + [7]) }
    }

    @Test("is read without a trap, whatever it is; what it is read as is written as it was")
    func noise() throws {
        var random = SplitMix64(seed: 0xF0)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            guard var message = try? ForwardingMessage.decode([UInt8.random(in: 0...8, using: &random)] + bytes) else { continue }
            for _ in 0..<2 { message = try #require(try ForwardingMessage.decode(message.encoded())) }
        }
    }

    @Test(
        "a wish names a port, and a place or none",
        arguments: [
            ("8080", 8080, nil), ("8080=printer:80", 8080, "printer:80"), ("1=[fd00::7]:631", 1, "[fd00::7]:631"),
            ("65535=192.168.1.1:443", 65_535, "192.168.1.1:443"),
        ])
    func wish(text: String, port: UInt16, place: String?) throws {
        let wish = try #require(ForwardingWish(text))
        #expect(wish.localPort == port && wish.destination?.description == place && wish.description == text)
    }

    @Test("what is no wish", arguments: ["", "0", "+80", "-1", "65536", "80=", "=printer:80", "80=printer", "80=printer:0", "80=:80", "80= a:1", "a=b:1"])
    func noWish(text: String) { #expect(ForwardingWish(text) == nil) }

    @Test("each failure is a sentence of its own that names the place", arguments: ForwardingFailure.allCases)
    func sentences(failure: ForwardingFailure) throws {
        let place = try #require(Destination("printer:80"))
        let sentence = failure.sentence(place, peer: "Sara")
        #expect(sentence.hasSuffix("."))
        #expect(ForwardingFailure.allCases.count { $0.sentence(place, peer: "Sara") == sentence } == 1)
        if failure != .tooMany { #expect(sentence.contains("printer")) }
    }
}
