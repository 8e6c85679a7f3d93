import NetPrimitives
import Session
import TestSupport
import Testing

@Suite("control messages")
struct ControlMessageTests {
    static let vectors: [(ControlMessage, String)] = [
        (.request(id: 1, .view, detail: ""), "01 00000001 01 0000"),
        (.request(id: 0xDEAD_BEEF, .tcp, detail: "é"), "01 DEADBEEF 05 0002 C3A9"),
        (.granted(id: 2, .control), "02 00000002 02"), (.denied(id: 3, .file, by: .timeout), "03 00000003 03 04"),
        (.revoked(.clipboard, by: .policy), "04 04 03"), (.release(.control), "05 02"), (.paused, "06"),
        (.resumed, "07"),
        (.chat("hi"), "08 0002 6869"), (.input(.move(x: 640, y: 65535)), "09 01 0280 FFFF"),
        (.input(.button(.right, down: true)), "09 02 03 01"), (.input(.scroll(dx: -1, dy: 127)), "09 03 FF 7F"),
        (.input(.key(.return, down: false)), "09 04 0000FF0D 00"), (.input(.text("a\n")), "09 05 0002 610A"),
        (.keyFrame, "0A"),
        (.acknowledge(frame: 258), "0B 00000102"), (.end(.displayLost, detail: "x"), "0C 0C 0001 78"),
        (.rules(SideRules(files: .both, clipboard: .send)), "0D 03 01 00"),
        (.rules(SideRules(tcp: [])), "0D 00 00 01 00"),
        (.rules(SideRules(files: .receive, tcp: [destination])), "0D 02 00 01 01 0016 0009 6C6F63616C686F7374"),
        (.ask(id: 5, .file(name: "é.txt", bytes: 258)), "0E 00000005 03 0000000000000102 0006 C3A92E747874"),
        (.ask(id: 6, .clipboard(.both)), "0E 00000006 04 03"),
        (.ask(id: 7, .tcp(destination)), "0E 00000007 05 0016 0009 6C6F63616C686F7374"),
        (.withdrawn(id: 8, .tcp), "0F 00000008 05"),
    ]

    static let destination = Destination("localhost:22")!

    static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8.filter { $0 != 0x20 })
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }

    @Test("are the bytes they always were, both ways", arguments: vectors)
    func vector(message: ControlMessage, hex: String) throws {
        #expect(message.encoded() == Self.bytes(hex))
        #expect(try ControlMessage.decode(Self.bytes(hex)) == message)
        #expect(
            try ControlMessage.decode(Self.bytes(hex) + [1, 2, 3]) == message, "a later version's fields are ignored")
    }

    @Test("throw when they are cut anywhere", arguments: vectors)
    func truncation(message: ControlMessage, hex: String) {
        let bytes = Self.bytes(hex)
        for count in 0..<bytes.count {
            #expect(throws: ControlMessage.Malformed.truncated) { try ControlMessage.decode(Array(bytes[..<count])) }
        }
    }

    @Test(
        "that break a bound throw",
        arguments: [
            ("", ControlMessage.Malformed.truncated), ("08 0000", .outOfRange), ("08 0001 FF", .notUTF8),
            ("08 1001", .tooLong), ("01 00000001 01 0201", .tooLong),
            ("09 02 00 01", .outOfRange), ("09 02 0A 01", .outOfRange), ("09 02 01 02", .outOfRange),
            ("09 04 00000000 01", .outOfRange),
            ("09 04 20000000 01", .outOfRange), ("09 05 0000", .outOfRange), ("09 05 0001 1B", .outOfRange),
            ("09 05 0002 C280", .outOfRange),
            ("09 05 0401", .tooLong), ("0C 01 0002 C328", .notUTF8),
            ("0D 00 00 02", .outOfRange), ("0D 00 00 01 19", .tooLong), ("0D 00 00 01 01 0000 0001 61", .outOfRange),
            ("0E 00000001 01", .outOfRange), ("0E 00000001 03 8000000000000000 0001 61", .outOfRange),
            ("0E 00000001 03 0000000000000000 0100", .tooLong), ("0E 00000001 04 04", .outOfRange),
            ("0E 00000001 05 0016 0000", .outOfRange), ("0E 00000001 05 0016 0001 20", .outOfRange),
        ])
    func malformed(hex: String, error: ControlMessage.Malformed) {
        #expect(throws: error) { try ControlMessage.decode(Self.bytes(hex)) }
    }

    @Test("longer than any message throw unread")
    func tooLong() {
        #expect(throws: ControlMessage.Malformed.tooLong) {
            try ControlMessage.decode([UInt8](repeating: 200, count: 8193))
        }
    }

    @Test(
        "of a later version are ignored", arguments: ["00", "10", "0E 00000001 09", "FF 01 02", "01 00000001 09 0000", "05 77", "09 2A"])
    func unknown(hex: String) throws { #expect(try ControlMessage.decode(Self.bytes(hex)) == nil) }

    @Test("with a later version's decider or reason have a meaning still")
    func laterCodes() throws {
        #expect(try ControlMessage.decode(Self.bytes("04 02 63")) == .revoked(.control, by: .policy))
        #expect(try ControlMessage.decode(Self.bytes("0C 63 0000")) == .end(.error, detail: ""))
    }

    @Test("every code has one meaning")
    func codes() throws {
        for reason in EndReason.allCases {
            #expect(
                try ControlMessage.decode(ControlMessage.end(reason, detail: "").encoded()) == .end(reason, detail: ""))
        }
        for kind in Capability.allCases {
            for decider in Decider.allCases {
                let message = ControlMessage.revoked(kind, by: decider)
                #expect(try ControlMessage.decode(message.encoded()) == message)
            }
        }
    }

    @Test("never trap on noise")
    func noise() {
        let seed: UInt64 = 20_261_121
        print("control message noise: seed \(seed)")
        var random = SplitMix64(seed: seed)
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if !bytes.isEmpty { bytes[0] %= 17 }
            if let message = (try? ControlMessage.decode(bytes)) ?? nil {
                #expect((try? ControlMessage.decode(message.encoded())) == message)
            }
        }
    }

    @Test("cut what our side made too long, at a character")
    func cut() throws {
        let long = ControlMessage.end(.error, detail: String(repeating: "é", count: 300))
        #expect(try ControlMessage.decode(long.encoded()) == .end(.error, detail: String(repeating: "é", count: 256)))
    }
}
