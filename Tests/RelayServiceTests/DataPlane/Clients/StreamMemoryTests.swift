@testable import RelayService
import Synchronization
import Testing

@Suite("StreamMemory")
struct StreamMemoryTests {
    /// A connection that only holds bytes, until it is told to close.
    private final class Holder: Sendable {
        private let kept = Mutex<StreamAccount?>(nil)

        init(_ memory: StreamMemory, _ bytes: Int) {
            let account = memory.open { [weak self] in self?.close() }
            kept.withLock { $0 = account }
            account.add(bytes)
        }

        func close() { kept.withLock { $0 = nil } }
        var isOpen: Bool { kept.withLock { $0 != nil } }
        func reserve(_ bytes: Int) -> Bool { kept.withLock { $0 }?.reserve(bytes) ?? false }
        func release(_ bytes: Int) { kept.withLock { $0 }?.release(bytes) }
    }

    @Test("up to the limit nobody is closed; beyond it those who hold the most are, until an eighth is free")
    func limit() {
        let memory = StreamMemory(limit: 8000)
        let small = (0..<10).map { _ in Holder(memory, 10) }
        let large = (0..<4).map { Holder(memory, 1000 + $0) }
        let honest = Holder(memory, 0)
        #expect(honest.reserve(8000 - 100 - 4006))
        #expect(memory.report == .init(held: 8000, closed: 0))
        honest.release(3000)
        #expect(honest.reserve(3000) && !honest.reserve(1), "it is refused, and those who hold the most are told to close")
        #expect(!honest.isOpen && memory.report == .init(held: 4106, closed: 1))
        let last = Holder(memory, 3894)
        #expect(memory.report.closed == 1)
        #expect(!small[0].reserve(1))
        #expect(!last.isOpen && large.allSatisfy(\.isOpen) && small.allSatisfy(\.isOpen))
        #expect(small[0].reserve(1))
    }

    @Test("while some are about to close, no others are told to")
    func closing() {
        let memory = StreamMemory(limit: 1000)
        let slow = Mutex(0)
        let next = Mutex(0)
        let first = memory.open { slow.withLock { $0 += 1 } }
        let second = memory.open { next.withLock { $0 += 1 } }
        first.add(700)
        second.add(300)
        for _ in 0..<100 { #expect(!second.reserve(10)) }
        #expect(slow.withLock(\.self) == 1 && next.withLock(\.self) == 0 && first.count == 700)
    }

    @Test("what an account held is free when it ends, and is not counted twice")
    func end() {
        let memory = StreamMemory(limit: 1000)
        for _ in 0..<100 {
            let holder = Holder(memory, 900)
            #expect(holder.reserve(50))
            holder.release(20)
            #expect(memory.report.held == 930)
        }
        #expect(memory.report == .init())
    }

    @Test("many who read nothing hold no more than the limit, and one who reads is served all the time")
    func flood() {
        let memory = StreamMemory(limit: 256 * 1024)
        let honest = Holder(memory, 0)
        var holders: [Holder] = []
        for _ in 0..<600 {
            let holder = Holder(memory, 0)
            while holder.isOpen, holder.reserve(1024) {
                let isServed = honest.reserve(100) || honest.reserve(100)
                #expect(isServed && memory.report.held <= 256 * 1024)
                honest.release(100)
            }
            holders.append(holder)
            if holders.count > 100 { holders.removeFirst() }
        }
        #expect(honest.isOpen)
    }
}
