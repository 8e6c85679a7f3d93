import SCTP
import Testing

struct ControlMessageTests {
    /// DATA_CHANNEL_OPEN (RFC 8832 section 5.1): partially reliable with 5 retransmissions, unordered, high priority,
    /// label "sight", protocol "ra".
    private static let open: [UInt8] = [
        0x03, 0x81, 0x02, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x05, 0x00, 0x02,
        0x73, 0x69, 0x67, 0x68, 0x74, 0x72, 0x61,
    ]

    private static let message = ControlMessage.open(
        ChannelParameters(label: "sight", protocol: "ra", ordered: false, reliability: .retransmissions(5), priority: .high))

    @Test("OPEN and ACK are written and read as RFC 8832 draws them")
    func vectors() throws {
        #expect(Self.message.bytes == Self.open)
        #expect(try ControlMessage(Self.open) == Self.message)
        #expect(ControlMessage.acknowledge.bytes == [0x02])
        #expect(try ControlMessage([0x02]) == .acknowledge)
        // pion's: refusing it would close every channel that is opened here.
        #expect(try ControlMessage([0x02, 0, 0, 0]) == .acknowledge)
    }

    @Test(
        "every channel type has its number",
        arguments: [
            (0x00, true, Channel.Reliability.reliable), (0x80, false, .reliable), (0x01, true, .retransmissions(7)),
            (0x81, false, .retransmissions(7)), (0x02, true, .milliseconds(7)), (0x82, false, .milliseconds(7)),
        ] as [(UInt8, Bool, Channel.Reliability)])
    func types(type: UInt8, ordered: Bool, reliability: Channel.Reliability) throws {
        let message = ControlMessage.open(
            ChannelParameters(label: "", protocol: "", ordered: ordered, reliability: reliability, priority: .normal))
        #expect(message.bytes[1] == type)
        #expect(try ControlMessage(message.bytes) == message)
    }

    @Test("a truncated message throws, at any byte", arguments: 0..<19)
    func truncated(length: Int) {
        #expect(throws: ControlMessage.DecodingError.truncated) { try ControlMessage(Array(Self.open.prefix(length))) }
    }

    @Test("what is no message throws its reason")
    func malformed() {
        #expect(throws: ControlMessage.DecodingError.trailingBytes) { try ControlMessage(Self.open + [0]) }
        #expect(throws: ControlMessage.DecodingError.unknownMessageType(0)) { try ControlMessage([0]) }
        var bytes = Self.open
        bytes[1] = 0x03
        #expect(throws: ControlMessage.DecodingError.unknownChannelType(3)) { try ControlMessage(bytes) }
        bytes = Self.open
        bytes[12] = 0xFF
        #expect(throws: ControlMessage.DecodingError.invalidUTF8) { try ControlMessage(bytes) }
    }
}
