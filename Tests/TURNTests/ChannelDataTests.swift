import TURN
import TestSupport
import Testing

@Suite("ChannelData")
struct ChannelDataTests {
    static let vectors: [(channel: UInt16, payload: String, plain: String, padded: String)] = [
        (0x4000, "", "4000 0000", "4000 0000"),
        (0x4001, "61", "4001 0001 61", "4001 0001 61 000000"),
        (0x4FFF, "616263", "4FFF 0003 616263", "4FFF 0003 616263 00"),
        (0x7FFF, "616263", "7FFF 0003 616263", "7FFF 0003 616263 00"),
        (0x4ABC, "DEADBEEF", "4ABC 0004 DEADBEEF", "4ABC 0004 DEADBEEF"),
    ]

    @Test("vectors are written and read, with and without padding", arguments: vectors)
    func codec(channel: UInt16, payload: String, plain: String, padded: String) throws {
        let data = ChannelData(channel: try #require(ChannelNumber(rawValue: channel)), payload: hex(payload)[...])
        #expect(data.encoded(padded: false) == hex(plain))
        #expect(data.encoded(padded: true) == hex(padded))
        #expect(try ChannelData(decoding: hex(plain)) == data)
        #expect(try ChannelData(decoding: hex(padded)) == data)
    }

    @Test("truncation at every byte throws")
    func truncation() {
        let whole = hex("4ABC 0004 DEADBEEF")
        for count in 0..<whole.count {
            #expect(throws: ChannelData.DecodingError.truncated) { try ChannelData(decoding: Array(whole.prefix(count))) }
        }
    }

    @Test("numbers outside 0x4000...0x7FFF are refused", arguments: [0x0000, 0x3FFF, 0x8000, 0xFFFF] as [UInt16])
    func reserved(number: UInt16) {
        let bytes = [UInt8(number >> 8), UInt8(truncatingIfNeeded: number), 0, 0]
        #expect(throws: ChannelData.DecodingError.reservedNumber(number)) { try ChannelData(decoding: bytes) }
        #expect(ChannelNumber(rawValue: number) == nil)
    }

    @Test("the longest payload goes there and back")
    func longest() throws {
        let number = try #require(ChannelNumber(rawValue: 0x4000))
        let data = ChannelData(channel: number, payload: Array(repeating: 7, count: ChannelData.maximumLength)[...])
        #expect(try ChannelData(decoding: data.encoded(padded: true)).payload.count == 0xFFFF)
    }
}
