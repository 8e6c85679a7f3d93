import ICE
import NetPrimitives
import TestSupport
import Testing

/// RFC 4571's frames.
@Suite struct StreamFramingTests {
    @Test("packets come out as they went in, however the stream was cut")
    func roundTrip() throws {
        let packets: [[UInt8]] = [[1], Array(repeating: 2, count: 300), [3, 4], Array(repeating: 5, count: 65_535)]
        let stream = try packets.flatMap { try #require(StreamFraming.frame($0)) }
        for size in [1, 2, 3, 7, 1000, stream.count] {
            var framing = StreamFraming()
            var out: [[UInt8]] = []
            for start in Swift.stride(from: 0, to: stream.count, by: size) {
                out += framing.receive(Array(stream[start..<min(start + size, stream.count)]))
            }
            #expect(out == packets, "\(size)")
        }
    }

    @Test("RFC 4571 §2: the length in network byte order, without itself")
    func vector() { #expect(StreamFraming.frame(Array(repeating: 0xAA, count: 258))?.prefix(3) == [0x01, 0x02, 0xAA]) }

    @Test("an empty frame is nothing, and what is too long for one has none")
    func edges() {
        var framing = StreamFraming()
        #expect(framing.receive([0, 0, 0, 1, 9]) == [[9]])
        #expect(StreamFraming.frame(Array(repeating: 0, count: 65_536)) == nil)
    }
}
