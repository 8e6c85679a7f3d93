import Logging
@testable import RelayService
import Rendezvous
import Synchronization
import Testing

@Suite("StoreThreads")
struct StoreThreadsTests {
    struct Broken: Error {}

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    func ask<Answer: Sendable>(_ threads: StoreThreads, _ work: @escaping @Sendable (inout any RelayStore) throws -> Answer) async -> Answer? {
        await withCheckedContinuation { continuation in threads.run(work) { continuation.resume(returning: $0) } }
    }

    @Test("what is asked is answered, and what throws is no answer and is counted")
    func answers() async throws {
        let threads = StoreThreads([InMemoryStore()], logger: Self.logger)
        let made = try InvitationStoreTests.invitation("ABC123")
        let request = InvitationRequest.create(made, within: InvitationStoreTests.roomy)
        #expect(await ask(threads) { try request.perform(in: &$0) } == .creation(.created))
        #expect(await ask(threads) { _ -> Int in throw Broken() } == nil)
        #expect(threads.errors == 1)
        #expect(await ask(threads) { try InvitationRequest.find(made.lookup).perform(in: &$0) } == .found(made))
        await threads.stop()
    }

    @Test("one thread keeps the order, several do what they do at once, each with a store of its own")
    func order() async {
        let one = StoreThreads([InMemoryStore()], logger: Self.logger)
        let heard = Mutex<[Int]>([])
        for number in 0..<100 { one.run({ _ in number }) { answer in heard.withLock { $0.append(answer ?? -1) } } }
        _ = await ask(one) { _ in 0 }
        #expect(heard.withLock { $0 } == Array(0..<100))
        await one.stop()

        let two = StoreThreads([InMemoryStore(), InMemoryStore()], logger: Self.logger)
        // Each waits for the other: neither comes to an end alone.
        let (first, second) = (Meeting(), Meeting())
        async let left = ask(two) { _ in first.arrive(); second.wait(); return 1 }
        async let right = ask(two) { _ in second.arrive(); first.wait(); return 2 }
        #expect(await left == 1)
        #expect(await right == 2)
        await two.stop()
    }

    @Test("a stopped store answers nothing, but at once")
    func stopped() async {
        let threads = StoreThreads([InMemoryStore()], logger: Self.logger)
        await threads.stop()
        #expect(await ask(threads) { _ in 1 } == nil)
    }

    /// Lets one thread wait for another.
    private final class Meeting: Sendable {
        private let here = Atomic(false)
        func arrive() { here.store(true, ordering: .releasing) }
        func wait() { while !here.load(ordering: .acquiring) {} }
    }
}
