@testable import ConnectService
import Session
import Synchronization
import Testing

@Suite("Asking several nodes")
struct NodeRaceTests {
    /// Nodes that answer, refuse, or do neither until they are not asked any more; and what they were asked.
    private final class Nodes: Sendable {
        enum Behaviour: Sendable { case answers, refuses, vanished, answersLate, thinks }

        let behaviours: [Behaviour]
        let asked = Mutex<[Int]>([])
        let cancelled = Mutex<[Int]>([])
        let discarded = Mutex<[Int]>([])

        init(_ behaviours: Behaviour...) { self.behaviours = behaviours }

        /// Those that say nothing are slow at once, and the others never.
        func race() async throws(FlowError) -> Int {
            let (index, line) = try await NodeRace.run(behaviours.count) { index in
                switch self.behaviours[index] {
                case .vanished, .answersLate: break
                case .answers, .refuses, .thinks: await Self.untilCancelled()
                }
            } open: { (index) async throws(FlowError) in
                try await self.open(index)
            } discard: { line in
                discarded.withLock { $0.append(line) }
            }
            #expect(index == line)
            return index
        }

        private func open(_ index: Int) async throws(FlowError) -> Int {
            asked.withLock { $0.append(index) }
            switch behaviours[index] {
            case .answers: return index
            case .refuses: throw FlowError(.relayLost, "\(index) refuses")
            case .vanished, .answersLate, .thinks:
                await Self.untilCancelled()
                cancelled.withLock { $0.append(index) }
                if behaviours[index] == .answersLate { return index }
                throw FlowError(.relayLost, "nobody needs \(index)")
            }
        }

        private static func untilCancelled() async {
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        }
    }

    @Test("one that answers is enough, and no other is asked")
    func first() async throws {
        let nodes = Nodes(.answers, .answers)
        #expect(try await nodes.race() == 0)
        #expect(nodes.asked.withLock { $0 } == [0])
    }

    @Test("one that refuses is passed by at once")
    func refused() async throws {
        let nodes = Nodes(.refuses, .refuses, .answers)
        #expect(try await nodes.race() == 2)
        #expect(nodes.asked.withLock { $0 } == [0, 1, 2])
    }

    @Test("one that says nothing is not waited for, and is let go when another one answers")
    func vanished() async throws {
        let nodes = Nodes(.vanished, .refuses, .vanished, .answers, .answers)
        #expect(try await nodes.race() == 3)
        #expect(nodes.asked.withLock { $0.sorted() } == [0, 1, 2, 3])
        #expect(nodes.cancelled.withLock { Set($0) } == [0, 2])
    }

    @Test("what answers too late is closed")
    func late() async throws {
        let nodes = Nodes(.answersLate, .answers)
        #expect(try await nodes.race() == 1)
        #expect(nodes.discarded.withLock { $0 } == [0])
    }

    @Test("who is not to ask any more asks no further one")
    func cancelled() async {
        let nodes = Nodes(.thinks, .answers)
        let race = Task { try? await nodes.race() }
        race.cancel()
        #expect(await race.value == nil)
        #expect(!nodes.asked.withLock { $0.contains(1) })
    }

    @Test("when all refuse, the first one says why")
    func nobody() async {
        let nodes = Nodes(.refuses, .refuses)
        do throws(FlowError) {
            _ = try await nodes.race()
            Issue.record("nobody has answered")
        } catch {
            #expect(error.detail == "0 refuses")
        }
    }
}
