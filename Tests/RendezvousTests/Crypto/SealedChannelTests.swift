import Rendezvous
import Testing

@Suite("The sealed channel")
struct SealedChannelTests {
    private let key = Secret([UInt8](repeating: 42, count: 64))
    private var helper: SealedChannel { SealedChannel(sessionKey: key, side: .helper) }
    private var sharer: SealedChannel { SealedChannel(sessionKey: key, side: .sharer) }

    @Test("what one side seals the other opens, in order, both ways, empty and full")
    func roundTrip() throws {
        var (helper, sharer) = (helper, sharer)
        for size in [0, 1, 100, SealedChannel.maximumPlaintext] {
            let bytes = [UInt8](repeating: UInt8(size & 0xFF), count: size)
            #expect(try sharer.open(helper.seal(bytes)) == bytes)
            #expect(try helper.open(sharer.seal(bytes)) == bytes)
        }
    }

    @Test("a replayed, reordered, reflected or altered box does not open and changes nothing")
    func attacks() throws {
        var (helper, sharer) = (helper, sharer)
        let first = helper.seal([1])
        let second = helper.seal([2])
        #expect(throws: SealedChannel.Refused.self) { try sharer.open(second) }
        #expect(throws: SealedChannel.Refused.self) { try helper.open(first) }
        for index in first.indices {
            for bit in 0..<8 {
                var altered = first
                altered[index] ^= 1 << bit
                #expect(throws: SealedChannel.Refused.self) { try sharer.open(altered) }
            }
        }
        for count in 0..<first.count {
            #expect(throws: SealedChannel.Refused.self) { try sharer.open(Array(first.prefix(count))) }
        }
        #expect(throws: SealedChannel.Refused.self) { try sharer.open([UInt8](repeating: 0, count: 100_000)) }
        #expect(try sharer.open(first) == [1])
        #expect(throws: SealedChannel.Refused.self) { try sharer.open(first) }
        #expect(try sharer.open(second) == [2])
    }

    @Test("another epoch goes on without what was lost, and leads to no earlier one")
    func epochs() throws {
        var (helper, sharer) = (helper, sharer)
        let first = helper.seal([1])
        let lost = helper.seal([2])
        #expect(try sharer.open(first) == [1])
        helper.beginEpoch()
        let second = helper.seal([3])
        let third = helper.seal([4])
        #expect(helper.epoch == 1)
        // Only its first message opens an epoch, and under no other number.
        #expect(throws: SealedChannel.Refused.self) { try sharer.open(third, of: 1) }
        for epoch: UInt32 in [0, 2, .max] { #expect(throws: SealedChannel.Refused.self) { try sharer.open(second, of: epoch) } }
        #expect(try sharer.open(second, of: 1) == [3])
        #expect(throws: SealedChannel.Refused.self) { try sharer.open(second, of: 1) }
        #expect(throws: SealedChannel.Refused.self) { try sharer.open(lost) }
        #expect(throws: SealedChannel.Refused.self) { try sharer.open(first) }
        #expect(try sharer.open(third, of: 1) == [4])
        // Several that nobody heard of are passed over; the other direction has epochs of its own.
        for _ in 0..<3 {
            helper.beginEpoch()
            _ = helper.seal([5])
        }
        helper.beginEpoch()
        #expect(try sharer.open(helper.seal([6]), of: 5) == [6])
        #expect(try helper.open(sharer.seal([7])) == [7])
    }

    @Test("the numbers of epoch and message are the nonce, big endian")
    func vectors() {
        var helper = helper
        let again = Array(#"{"type":"again"}"#.utf8)
        #expect(hex(helper.seal(again)) == "cb733c7e5657d550d5249914128fdca8c8a9d54d3a188d872d0237655b80ba96")
        for _ in 0..<7 { helper.beginEpoch() }
        #expect(hex(helper.seal(again)) == "d67e93f37af83c9d05ee410cdbc236edcffd9d341a1d5e72f686f277d9d06852")
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }

    @Test("another key opens nothing")
    func otherKey() {
        var helper = helper
        var stranger = SealedChannel(sessionKey: Secret([UInt8](repeating: 43, count: 64)), side: .sharer)
        let box = helper.seal([1, 2, 3])
        #expect(throws: SealedChannel.Refused.self) { try stranger.open(box) }
    }

    @Test("a secret never prints itself")
    func redacted() {
        let secret = Secret("hunter2".utf8)
        var dumped = ""
        dump([secret], to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\([secret])", dumped] {
            #expect(!text.contains("hunter2") && !text.contains("104"))
        }
        #expect(secret == Secret("hunter2".utf8))
        #expect(secret != Secret("hunter3".utf8))
        #expect(secret != Secret("hunter".utf8))
    }
}
