@testable import ConnectService
import Testing

@Suite("ScreenFragments")
struct ScreenFragmentsTests {
    @Test(
        "what was cut is put together again",
        arguments: [0, 1, ScreenFragments.size - 1, ScreenFragments.size, ScreenFragments.size + 1, 3 * ScreenFragments.size + 7])
    func roundTrip(count: Int) {
        let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var fragments = ScreenFragments()
        let whole = ScreenFragments.cut(message).compactMap { fragments.receive($0) }
        #expect(whole == [message])
    }

    @Test("no piece is larger than its size and the byte before it")
    func bounded() {
        let pieces = ScreenFragments.cut([UInt8](repeating: 1, count: 100_000))
        #expect(pieces.allSatisfy { $0.count <= ScreenFragments.size + 1 })
        #expect(pieces.map(\.first) == [1, 1, 1, 0])
    }

    @Test("an empty piece or an unknown mark drops what came before it, and no more", arguments: [[], [2], [255, 1]] as [[UInt8]])
    func malformed(piece: [UInt8]) {
        var fragments = ScreenFragments()
        let results = [[1, 10], piece, [0, 20]].map { fragments.receive($0) }
        #expect(results == [nil, nil, [20]])
    }

    @Test("a message that never ends is dropped at its bound")
    func endless() {
        var fragments = ScreenFragments()
        let piece = [1] + [UInt8](repeating: 0, count: 1 << 20)
        let early = (0..<40).compactMap { _ in fragments.receive(piece) }
        #expect(early.isEmpty)
        _ = fragments.receive([0])
        let next = fragments.receive([0, 5])
        #expect(next == [5])
    }
}
