@testable import ConnectService
import Session
import Synchronization
import Testing

@Suite("Asking several nodes")
struct NodeRaceTests {
    /// Nodes that answer, refuse, or do neither until they are not asked any more; and what they were asked.
    private final class Nodes: Sendable {
        enum Behaviour: Sendable { case answers, refuses, vanished, answersLate }

        let behaviours: [Behaviour]
        let asked = Mutex<[Int]>([])
        let cancelled = Mutex<[Int]>([])
        let discarded = Mutex<[Int]>([])

        init(_ behaviours: Behaviour...) { self.behaviours = behaviours }

        func race(stagger: Duration) async throws(FlowError) -> Int {
            let (index, line) = try await NodeRace.run(behaviours.count, stagger: stagger) { (index) async throws(FlowError) in
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
            case .vanished, .answersLate:
                // Ends by being cancelled alone.
                while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
                cancelled.withLock { $0.append(index) }
                if behaviours[index] == .answersLate { return index }
                throw FlowError(.relayLost, "nobody needs \(index)")
            }
        }
    }

    /// Never comes to pass in a test.
    private static let never = Duration.seconds(3600)

    @Test("one that answers is enough, and no other is asked")
    func first() async throws {
        let nodes = Nodes(.answers, .answers)
        #expect(try await nodes.race(stagger: Self.never) == 0)
        #expect(nodes.asked.withLock { $0 } == [0])
    }

    @Test("one that refuses is passed by at once")
    func refused() async throws {
        let nodes = Nodes(.refuses, .refuses, .answers)
        #expect(try await nodes.race(stagger: Self.never) == 2)
        #expect(nodes.asked.withLock { $0 } == [0, 1, 2])
    }

    @Test("one that says nothing is not waited for, and is let go when another one answers")
    func vanished() async throws {
        let nodes = Nodes(.vanished, .refuses, .vanished, .answers, .answers)
        #expect(try await nodes.race(stagger: .milliseconds(1)) == 3)
        #expect(nodes.asked.withLock { $0 } == [0, 1, 2, 3])
        #expect(nodes.cancelled.withLock { Set($0) } == [0, 2])
    }

    @Test("what answers too late is closed")
    func late() async throws {
        let nodes = Nodes(.answersLate, .answers)
        #expect(try await nodes.race(stagger: .milliseconds(1)) == 1)
        #expect(nodes.discarded.withLock { $0 } == [0])
    }

    @Test("when all refuse, the last one says why")
    func nobody() async {
        let nodes = Nodes(.refuses, .refuses)
        do throws(FlowError) {
            _ = try await nodes.race(stagger: .milliseconds(1))
            Issue.record("nobody has answered")
        } catch {
            #expect(error.detail == "1 refuses")
        }
    }
}
