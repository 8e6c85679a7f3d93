@testable import RelayService
import TURN
import TestSupport
import Testing

/// What a batch has for a stream, as arrays.
func unpack(_ datagrams: StreamDatagrams) -> [(channel: UInt16, datagram: [UInt8])] {
    var found: [(channel: UInt16, datagram: [UInt8])] = []
    datagrams.forEach { found.append(($0, Array($1))) }
    return found
}

@Suite("StreamBatch")
struct StreamBatchTests {
    /// Memory that datagrams are put into as the kernel does: one behind the other.
    private struct Memory: ~Copyable {
        let start = UnsafeMutableRawPointer.allocate(byteCount: 1 << 16, alignment: 16)
        var used = 0
        deinit { start.deallocate() }

        mutating func put(_ datagram: [UInt8]) -> UnsafeMutableRawPointer {
            let place = start + used
            place.copyMemory(from: datagram, byteCount: datagram.count)
            used += datagram.count
            return place
        }
    }

    private static func framed(_ datagrams: [(channel: UInt16, datagram: [UInt8])]) throws -> [UInt8] {
        try datagrams.flatMap {
            let channel = try #require(ChannelNumber(rawValue: $0.channel))
            return ChannelData(channel: channel, payload: $0.datagram[...]).encoded(padded: true)
        }
    }

    @Test("each stream gets what was added for it, in its order and as ChannelData", arguments: 1...20 as ClosedRange<UInt64>)
    func order(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var memory = Memory()
        var batch = StreamBatch()
        for _ in 0..<3 {
            memory.used = 0
            var expected: [Int32: [(channel: UInt16, datagram: [UInt8])]] = [:]
            for _ in 0..<60 {
                let stream = Int32.random(in: 0..<6, using: &random) * 1024
                let channel = UInt16.random(in: 0x4000...0x4001, using: &random)
                let size = Int.random(in: 0...40, using: &random)
                for number in 0..<Int.random(in: 1...4, using: &random) {
                    let count = number == 3 ? min(size, 5) : size
                    let datagram = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                    batch.add(memory.put(datagram), count: count, channel: channel, to: stream)
                    expected[stream, default: []].append((channel, datagram))
                }
            }
            let count = batch.count
            #expect(count == expected.count)
            for index in 0..<count {
                let (stream, datagrams) = batch.datagrams(index)
                let wanted = expected.removeValue(forKey: stream) ?? []
                let found = unpack(datagrams)
                #expect(found.map(\.channel) == wanted.map(\.channel) && found.map(\.datagram) == wanted.map(\.datagram))
                let bytes = try Self.framed(wanted)
                #expect(datagrams.framedSize == bytes.count)
                // All of it, and as many whole datagrams as fit into less.
                for room in [bytes.count, bytes.count - 1, Int.random(in: 0...bytes.count, using: &random)] {
                    var buffer = [UInt8](repeating: 0xAA, count: room + 8)
                    let (written, left) = buffer.withUnsafeMutableBytes {
                        datagrams.frame(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<room]))
                    }
                    #expect(Array(buffer[..<written]) == Array(bytes[..<written]))
                    #expect(buffer[written...].allSatisfy { $0 == 0xAA })
                    #expect(try Self.framed(wanted.dropLast(left)).count == written)
                    if left > 0 {
                        let next = wanted[wanted.count - left]
                        #expect(written + (try Self.framed([next])).count > room)
                    }
                }
            }
            batch.clear()
        }
    }

    @Test("it is bounded: what finds no room is dropped and counted, and there is room again after")
    func bounded() throws {
        var memory = Memory()
        var batch = StreamBatch()
        // No two are one run.
        for number in 0..<StreamBatch.runLimit + 50 {
            batch.add(memory.put([UInt8(truncatingIfNeeded: number)]), count: 1, channel: 0x4000, to: Int32(number))
        }
        let (count, dropped) = (batch.count, batch.dropped)
        #expect(count == StreamBatch.runLimit && dropped == 50)
        for index in 0..<count {
            let (stream, datagrams) = batch.datagrams(index)
            #expect(stream == index && unpack(datagrams).map(\.datagram) == [[UInt8(truncatingIfNeeded: index)]])
        }
        batch.clear()
        batch.add(memory.put([7]), count: 1, channel: 0x4000, to: 3)
        let (after, still) = (batch.count, batch.dropped)
        #expect(after == 1 && still == 50)
    }
}
