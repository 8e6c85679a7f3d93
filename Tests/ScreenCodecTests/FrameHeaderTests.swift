import NetPrimitives
import ScreenCodec
import Testing

@Suite struct FrameHeaderTests {
    static let header = FrameHeader(
        flags: .key, width: 1_367, height: 767, sequence: 0x0102_0304, captureTime: 0x1122_3344_5566_7788)
    static let bytes: [UInt8] = [
        0x01, 0x01, 0x05, 0x57, 0x02, 0xFF, 0x00, 0x00, 0x01, 0x02, 0x03, 0x04,
        0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
    ]

    @Test("the header on the wire")
    func vector() throws {
        var writer = ByteWriter()
        Self.header.encode(to: &writer)
        #expect(writer.bytes == Self.bytes)
        #expect(writer.count == FrameHeader.encodedSize)
    }

    @Test("a header is read back, and the picture behind it is left to read")
    func roundTrip() throws {
        var reader = ByteReader(Self.bytes + [9, 8, 7])
        #expect(try FrameHeader(from: &reader) == Self.header)
        #expect(Array(reader.readRest()) == [9, 8, 7])
    }

    @Test("a header cut short anywhere throws", arguments: 0..<FrameHeader.encodedSize)
    func truncated(_ count: Int) {
        #expect(throws: FrameHeader.DecodingError.truncated) {
            var reader = ByteReader(Self.bytes[..<count])
            return try FrameHeader(from: &reader)
        }
    }

    @Test("what a header may not say throws", arguments: [
        (0, 0, .unsupportedVersion(0)), (0, 2, .unsupportedVersion(2)), (0, 0xFF, .unsupportedVersion(0xFF)),
        (1, 4, .unknownFlags(4)), (1, 0x81, .unknownFlags(0x81)),
    ] as [(Int, UInt8, FrameHeader.DecodingError)])
    func malformed(_ offset: Int, _ value: UInt8, _ error: FrameHeader.DecodingError) {
        var bytes = Self.bytes
        bytes[offset] = value
        #expect(throws: error) {
            var reader = ByteReader(bytes)
            return try FrameHeader(from: &reader)
        }
    }

    @Test("a picture without pixels throws", arguments: [2, 4])
    func empty(_ offset: Int) {
        var bytes = Self.bytes
        bytes[offset] = 0
        bytes[offset + 1] = 0
        #expect(throws: FrameHeader.DecodingError.emptyPicture) {
            var reader = ByteReader(bytes)
            return try FrameHeader(from: &reader)
        }
    }
}
