import Glibc
import NetPrimitives
import Relay
@testable import RelayService
import TURN
import Testing

@Suite("SendBatch, over loopback")
struct SendBatchTests {
    private let bytes = Bytes()

    /// Datagrams of these sizes, cut from the bytes one after another, for each of the outlets in turn.
    private func send(
        _ sizes: [Int], from mouth: UDPSocket, to ears: [Ear], _ batch: inout SendBatch, at now: Int64 = 0
    ) -> [[UInt8]] {
        var (offset, sent) = (0, [[UInt8]]())
        for size in sizes {
            for ear in ears {
                var outlet = ear.outlet
                outlet.descriptor = mouth.descriptor
                batch.add(bytes.start + offset, count: size, to: outlet, at: now)
            }
            sent.append(Array(UnsafeRawBufferPointer(start: bytes.start + offset, count: size)))
            offset += size
        }
        batch.flush(at: now)
        return sent
    }

    @Test("datagrams of one size and a shorter one at the end are one train", arguments: [
        ([100, 100, 100, 100, 100], 1), ([100, 100, 40], 1), ([100, 40, 100], 1), ([40, 100], 0),
        ([100, 40, 40], 1), ([1], 0), ([1, 1], 1), ([0], 0), ([100, 0, 100, 100], 1), ([0, 0], 0),
        ([1200, 1200, 1200, 1199, 1200, 1200], 2), ([65_507], 0), ([40_000, 40_000], 0),
    ] as [([Int], Int)])
    func trains(sizes: [Int], trains: Int) throws {
        let (mouth, ear) = (try Ear(), try Ear())
        var batch = SendBatch()
        let sent = send(sizes, from: mouth.socket, to: [ear], &batch)
        let counts = batch.counts
        #expect(ear.hear() == sent)
        #expect(counts.datagrams == UInt64(sizes.count) && counts.bytes == UInt64(sizes.reduce(0, +)))
        #expect(counts.trains == UInt64(trains))
        #expect(counts.calls == 1 && counts.dropped == 0 && counts.refused == 0)
    }

    @Test("a train ends at 64 datagrams and at 65,507 bytes", arguments: [
        (130, 10, 3), (128, 10, 2), (64, 10, 1), (65, 10, 1), (60, 1400, 2), (46, 1424, 1), (47, 1424, 1), (93, 1424, 2),
    ])
    func limits(count: Int, size: Int, trains: Int) throws {
        let (mouth, ear) = (try Ear(), try Ear())
        var batch = SendBatch()
        let sent = send(Array(repeating: size, count: count), from: mouth.socket, to: [ear], &batch)
        let counts = batch.counts
        #expect(ear.hear() == sent)
        #expect(counts.trains == UInt64(trains) && counts.calls == 1 && counts.dropped == 0 && counts.refused == 0)
    }

    @Test("mixed destinations keep a train each, and each its order")
    func mixed() throws {
        let mouth = try Ear()
        let ears = try (0..<5).map { _ in try Ear() }
        var batch = SendBatch()
        let sent = send([200, 200, 200, 100, 200, 200, 50], from: mouth.socket, to: ears, &batch)
        let counts = batch.counts
        for ear in ears { #expect(ear.hear() == sent) }
        #expect(counts.calls == 1 && counts.trains == 10 && counts.datagrams == 35)
    }

    @Test("each socket sends its own, in one call")
    func sockets() throws {
        let (mouths, ear) = (try (0..<3).map { _ in try Ear() }, try Ear())
        var batch = SendBatch()
        for round in 0..<4 {
            for mouth in mouths {
                var outlet = ear.outlet
                outlet.descriptor = mouth.socket.descriptor
                batch.add(bytes.start + round * 10, count: 10, to: outlet, at: 0)
            }
        }
        batch.flush(at: 0)
        let counts = batch.counts
        #expect(ear.hear().count == 12)
        #expect(counts.calls == 3 && counts.trains == 3)
    }

    @Test("headers and copies travel with their bytes")
    func pieces() throws {
        let (mouth, ear) = (try Ear(), try Ear())
        var batch = SendBatch()
        var outlet = ear.outlet
        outlet.descriptor = mouth.socket.descriptor
        for number in 0..<3 as Range<UInt32> { batch.add(header: number.bigEndian, bytes.start, count: 5, to: outlet, at: 0) }
        [UInt8](repeating: 9, count: 9).withUnsafeBytes { batch.add(copy: $0, to: outlet, at: 0) }
        batch.add(header: UInt32(3).bigEndian, bytes.start, count: 0, to: outlet, at: 0)
        batch.flush(at: 0)
        let body = Array(UnsafeRawBufferPointer(start: bytes.start, count: 5))
        let counts = batch.counts
        #expect(ear.hear() == [[0, 0, 0, 0] + body, [0, 0, 0, 1] + body, [0, 0, 0, 2] + body, Array(repeating: 9, count: 9), [0, 0, 0, 3]])
        #expect(counts.trains == 1)
    }

    @Test("more than there is room for is sent in between")
    func overflow() throws {
        let mouth = try Ear()
        let ears = try (0..<300).map { _ in try Ear() }
        var batch = SendBatch()
        var outlets = ears.map(\.outlet)
        for index in outlets.indices { outlets[index].descriptor = mouth.socket.descriptor }
        for round in 0..<3 as Range<UInt32> {
            for outlet in outlets { batch.add(header: round.bigEndian, bytes.start, count: 16, to: outlet, at: 0) }
        }
        let large = [UInt8](repeating: 1, count: 60_000)
        for outlet in outlets.prefix(5) { large.withUnsafeBytes { batch.add(copy: $0, to: outlet, at: 0) } }
        batch.flush(at: 0)
        for (number, ear) in ears.enumerated() {
            let heard = ear.hear()
            #expect(heard.prefix(3).map { Array($0.prefix(4)) } == [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 2]])
            #expect(heard.count == (number < 5 ? 4 : 3))
        }
        let tooLong = [UInt8](repeating: 1, count: 65_508)
        tooLong.withUnsafeBytes { batch.add(copy: $0, to: outlets[0], at: 0) }
        batch.flush(at: 0)
        let dropped = batch.counts.dropped
        #expect(dropped == 1 && ears[0].hear().isEmpty)
    }

    @Test("a destination that refuses trains gets single datagrams, and is asked again after a minute")
    func refusal() throws {
        let (mouth, ear) = (try Ear(), try Ear())
        var on: Int32 = 1
        // Linux takes no train from a socket that leaves out checksums: EINVAL, as from a device that cannot do it.
        let noChecksums: Int32 = 11
        let result = setsockopt(mouth.socket.descriptor, SOL_SOCKET, noChecksums, &on, socklen_t(MemoryLayout<Int32>.size))
        try #require(result == 0)
        var batch = SendBatch()
        let sizes = [100, 100, 100, 60, 100, 100]
        let first = send(sizes, from: mouth.socket, to: [ear], &batch)
        let afterFirst = batch.counts
        #expect(ear.hear() == first)
        #expect(afterFirst.refused == 2 && afterFirst.trains == 0 && afterFirst.datagrams == 6 && afterFirst.dropped == 0)

        let second = send(sizes, from: mouth.socket, to: [ear], &batch, at: SegmentationRefusals.lifetime - 1)
        let afterSecond = batch.counts
        #expect(ear.hear() == second)
        #expect(afterSecond.refused == 2 && afterSecond.calls == afterFirst.calls + 1)

        let smaller = send([50, 50], from: mouth.socket, to: [ear], &batch, at: 1)
        let afterSmaller = batch.counts
        #expect(ear.hear() == smaller)
        #expect(afterSmaller.refused == 3, "smaller ones may fit where larger did not: they are tried")

        on = 0
        setsockopt(mouth.socket.descriptor, SOL_SOCKET, noChecksums, &on, socklen_t(MemoryLayout<Int32>.size))
        let late = send(sizes, from: mouth.socket, to: [ear], &batch, at: 2 * SegmentationRefusals.lifetime)
        let afterLate = batch.counts
        #expect(ear.hear() == late)
        #expect(afterLate.trains == 2)
    }

    @Test("a bad destination in the middle costs the others nothing")
    func unreachable() throws {
        let (mouth, ear) = (try Ear(), try Ear())
        var batch = SendBatch()
        var good = ear.outlet
        good.descriptor = mouth.socket.descriptor
        let bad = Outlet(destination: PackedAddress(address("255.255.255.255:9")), source: .none, descriptor: good.descriptor)
        for outlet in [good, bad, bad, good] { batch.add(bytes.start, count: 10, to: outlet, at: 0) }
        batch.add(bytes.start, count: 20, to: good, at: 0)
        batch.flush(at: 0)
        let counts = batch.counts
        #expect(ear.hear().map(\.count) == [10, 10, 20])
        #expect(counts.dropped == 2 && counts.datagrams == 3)
    }
}
