@testable import RelayService
import NetPrimitives
import Synchronization
import Testing

@Suite("StreamMemory")
struct StreamMemoryTests {
    /// A connection that only holds bytes, until it is told to close.
    private final class Holder: Sendable {
        private let kept = Mutex<StreamAccount?>(nil)

        init(_ memory: StreamMemory, _ bytes: Int, of source: IPAddress? = nil) {
            let account = memory.open(for: source) { [weak self] in self?.close() }
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
        #expect(honest.reserve(3000) && !honest.reserve(1), "it holds the most, and is told to close")
        #expect(!honest.isOpen && memory.report == .init(held: 4106, closed: 1))
        let last = Holder(memory, 3894)
        #expect(memory.report.closed == 1)
        #expect(small[0].reserve(1), "there is room at once")
        #expect(!last.isOpen && large.allSatisfy(\.isOpen) && small.allSatisfy(\.isOpen))
    }

    @Test("who is told to close and does not counts no more: others have room at once, and nobody else is closed for it")
    func closing() {
        let memory = StreamMemory(limit: 1000)
        let told = Mutex(0)
        let slow = memory.open(for: nil) { told.withLock { $0 += 1 } }
        let other = memory.open(for: nil) { told.withLock { $0 += 100 } }
        slow.add(700)
        other.add(300)
        for _ in 0..<10 { #expect(other.reserve(10)) }
        #expect(told.withLock(\.self) == 1 && slow.isGivenUp && slow.count == 0 && !slow.reserve(1))
        slow.add(5000)
        slow.release(200)
        #expect(memory.report == .init(held: 400, closed: 1))
    }

    @Test("a slow reader goes after the many connections of one source, though each of them holds less")
    func sources() throws {
        let memory = StreamMemory(limit: 8000)
        let one = try #require(IPAddress("192.0.2.1"))
        let slow = Holder(memory, 2000, of: IPAddress("192.0.2.2"))
        let many = (0..<60).map { _ in Holder(memory, 100, of: one) }
        #expect(slow.reserve(1) && slow.isOpen)
        #expect(many.contains { !$0.isOpen })
    }

    @Test("connections come and go on several threads while others are closed")
    func threads() async {
        let memory = StreamMemory(limit: 4000)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<2000 {
                        let holder = Holder(memory, 900)
                        _ = holder.reserve(500)
                        holder.release(100)
                    }
                }
            }
        }
        #expect(memory.report.held == 0)
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
