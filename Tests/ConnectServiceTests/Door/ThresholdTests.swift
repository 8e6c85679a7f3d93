@testable import ConnectService
import STUN
import Testing

/// What whoever is meant begins with.
enum Opening {
    static let nonce: TransactionID = {
        var random = SystemRandomNumberGenerator()
        return TransactionID(using: &random)
    }()
    static let call = MessageBuilder(.request, .binding, transactionID: nonce)
        .finish(fingerprint: true)
    /// As an ICE agent writes one, as far as that can be seen without its credentials.
    static let check: [UInt8] = {
        var builder = MessageBuilder(.request, .binding, transactionID: nonce)
        builder.add(Username("abcd:efgh"))
        return builder.finish(fingerprint: true)
    }()

    static func framed(_ packet: [UInt8]) -> [UInt8] { [UInt8(packet.count >> 8), UInt8(packet.count & 0xFF)] + packet }
}

@Suite("What a connection at the door begins with")
struct ThresholdTests {
    private func shown(_ threshold: inout Threshold, _ bytes: [UInt8]) -> Threshold.Outcome { threshold.receive(bytes) }

    @Test("a check is known by its frame, and what comes behind it is kept")
    func check() {
        var threshold = Threshold()
        #expect(shown(&threshold, Opening.framed(Opening.check) + [1, 2, 3]) == .check(Opening.check, rest: [1, 2, 3]))
    }

    @Test("the relay's call is known without a frame")
    func call() {
        var threshold = Threshold()
        #expect(Opening.call.count == CallReader.length)
        #expect(shown(&threshold, Opening.call) == .call(Opening.call))
    }

    @Test("bytes may come one by one", arguments: [Opening.call, Opening.framed(Opening.check)])
    func slowly(_ bytes: [UInt8]) {
        var threshold = Threshold()
        for octet in bytes.dropLast() { #expect(threshold.receive([octet]) == .unclear) }
        let last = threshold.receive([bytes[bytes.count - 1]])
        #expect(last != .unclear && last != .stranger)
    }

    @Test("anything else is a stranger's as soon as it can be", arguments: [
        ("RDP", [0x03, 0x00, 0x00, 0x2B], 4), ("TLS", [0x16, 0x03, 0x01], 3), ("HTTP", Array("GET / HTTP/1.1".utf8), 3),
        ("SSH", Array("SSH-2.0".utf8), 3), ("a frame too long", [0x04, 0x01], 2), ("a frame too short", [0x00, 0x13], 2),
        ("an answer", [0x00, 0x20, 0x01, 0x01], 3), ("another cookie", [0x00, 0x20, 0x00, 0x01, 0x00, 0x0C, 0x21, 0x12, 0xA4, 0x43], 10),
        ("a call with another length", [0x00, 0x01, 0x00, 0x09], 4),
    ] as [(String, [UInt8], Int)])
    func stranger(name: String, bytes: [UInt8], needed: Int) {
        var threshold = Threshold()
        var seen = 0
        for octet in bytes {
            seen += 1
            if threshold.receive([octet]) == .stranger { break }
        }
        #expect(seen <= needed, "\(name)")
        var atOnce = Threshold()
        #expect(shown(&atOnce, bytes) == .stranger)
    }
}
