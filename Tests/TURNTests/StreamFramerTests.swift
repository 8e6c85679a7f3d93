import STUN
import TURN
import TestSupport
import Testing

@Suite("StreamFramer")
struct StreamFramerTests {
    static let binding = hex("0001 0000 2112A442 000102030405060708090A0B")
    static let refresh = hex("0004 0008 2112A442 000102030405060708090A0B 000D 0004 00000258")
    static let channelData = hex("4000 0005 0102030405")

    @Test("messages come out whole, whatever the pieces", arguments: [1, 2, 3, 7, 19, 64, 1000])
    func pieces(size: Int) throws {
        let stream = Self.binding + Self.channelData + [0, 0, 0] + Self.refresh + hex("4001 0000") + Self.binding
        var framer = StreamFramer()
        var messages: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            framer.append(stream[start..<min(start + size, stream.count)])
            while let message = try framer.nextMessage() { messages.append(message) }
        }
        #expect(messages == [Self.binding, Self.channelData, Self.refresh, hex("4001 0000"), Self.binding])
        #expect(framer.bufferedCount == 0)
    }

    @Test("ChannelData waits for its padding")
    func padding() throws {
        var framer = StreamFramer()
        framer.append(Self.channelData + [0, 0])
        #expect(try framer.nextMessage() == nil)
        framer.append([0])
        #expect(try framer.nextMessage() == Self.channelData)
    }

    static let malformed: [(String, StreamFramer.StreamError)] = [
        ("04", .unknownMessage(firstByte: 4)),
        ("16030100", .unknownMessage(firstByte: 0x16)),
        ("80000000", .unknownMessage(firstByte: 0x80)),
        ("FF", .unknownMessage(firstByte: 0xFF)),
        ("0001 0001", .badLength),
        ("0001 0003 2112A442", .badLength),
        ("0001 0000 2112A443", .noMagicCookie),
        ("0003 0008 00000000", .noMagicCookie),
    ]

    @Test("what is not TURN throws as soon as it shows", arguments: malformed)
    func refused(text: String, error: StreamFramer.StreamError) {
        var framer = StreamFramer()
        framer.append(hex(text))
        #expect(throws: error) { while try framer.nextMessage() != nil {} }
    }

    @Test("no more than one message stays behind")
    func bounded() throws {
        var framer = StreamFramer()
        let long = hex("4000 FFFF") + Array(repeating: 1, count: 0xFFFF) + [0]
        framer.append(long + long.dropLast())
        while try framer.nextMessage() != nil {}
        #expect(framer.bufferedCount < 65_556)
    }
}
