import NetPrimitives
import Testing

@Suite("ByteReader and ByteWriter")
struct ByteReaderTests {
    @Test("numbers written are read back in network byte order")
    func roundTrip() throws {
        var writer = ByteWriter()
        writer.write(UInt8(0x01))
        writer.write(UInt16(0x0203))
        writer.write(UInt32(0x0405_0607))
        writer.write(UInt64(0x0809_0A0B_0C0D_0E0F))
        #expect(writer.bytes == Array(1...15))
        var reader = ByteReader(writer.bytes)
        #expect(try reader.readUInt8() == 0x01)
        #expect(try reader.readUInt16() == 0x0203)
        #expect(try reader.readUInt32() == 0x0405_0607)
        #expect(try reader.readUInt64() == 0x0809_0A0B_0C0D_0E0F)
        #expect(reader.isAtEnd)
    }

    @Test("reading past the end throws and moves nothing")
    func truncated() throws {
        var reader = ByteReader([1, 2, 3])
        #expect(throws: ByteReader.Truncated.self) { try reader.readUInt32() }
        #expect(throws: ByteReader.Truncated.self) { try reader.read(count: 4) }
        #expect(throws: ByteReader.Truncated.self) { try reader.read(count: -1) }
        #expect(Array(reader.readRest()) == [1, 2, 3])
    }
}

@Suite("Instant")
struct InstantTests {
    @Test("sums beyond the clock's range saturate")
    func saturation() {
        #expect(Instant(nanoseconds: .max) + .seconds(1) == Instant(nanoseconds: .max))
        #expect(Instant(nanoseconds: .min) - .seconds(1) == Instant(nanoseconds: .min))
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
    }

    @Test("the earliest of some deadlines ignores those that never come")
    func earliest() {
        #expect(Optional.earliest(nil, Instant(nanoseconds: 2), Instant(nanoseconds: 1)) == Instant(nanoseconds: 1))
        #expect(Optional.earliest(nil, nil) == nil)
        let (one, two) = (Instant(nanoseconds: 1), Instant(nanoseconds: 2))
        #expect(Optional.earliest(one, two) == one && Optional.earliest(two, one) == one)
        #expect(Optional.earliest(nil, two) == two && Optional.earliest(two, nil) == two)
    }
}
