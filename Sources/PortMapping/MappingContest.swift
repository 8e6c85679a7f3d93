package import NetPrimitives
import Synchronization

/// The race of a mapper's threads: a `MappingRace` that they share, with a bell for each.
package final class MappingContest: Sendable {
    /// What somebody outside found out about a mapping.
    package struct Verdict: Hashable, Sendable {
        package var external: TransportAddress
        package var isReachable: Bool

        package init(external: TransportAddress, isReachable: Bool) {
            self.external = external
            self.isReachable = isReachable
        }
    }

    /// More than this are of mappings that are long gone.
    private static let verdictLimit = 16

    private struct State {
        var race: MappingRace
        var verdicts: [[Verdict]]
        /// Who is to look whether the router still knows what it knew.
        var checking: Set<Int> = []
        var isOver = false
    }

    private let state: Mutex<State>
    private let bells: [Bell]
    /// Who has the same port by another method does not matter: each method has one of its own.
    private let isRace: Bool

    /// - Parameter isRace: Whether the first one wins; otherwise each opens a port.
    package init(contenders: Int, isRace: Bool) {
        self.isRace = isRace
        bells = (0..<contenders).map { _ in Bell() }
        state = Mutex(
            State(race: MappingRace(contenders: contenders), verdicts: Array(repeating: [], count: contenders)))
    }

    package func contender(_ number: Int) -> Contender { Contender(contest: self, number: number, bell: bells[number]) }

    /// Everybody gives back and goes home.
    package func end() {
        state.withLock { $0.isOver = true }
        for bell in bells { bell.ring() }
    }

    /// Somebody outside has tried the mapping. Who has it knows what to do.
    package func receive(_ verdict: Verdict) {
        state.withLock { state in
            for index in state.verdicts.indices where state.verdicts[index].count < Self.verdictLimit {
                state.verdicts[index].append(verdict)
            }
        }
        for bell in bells { bell.ring() }
    }

    /// The network may be another one, with another router at the same address: each asks whether it is known there.
    package func check() {
        state.withLock { $0.checking = Set(bells.indices) }
        for bell in bells { bell.ring() }
    }

    private func change(_ body: (inout MappingRace) -> Void) {
        guard isRace else { return }
        let (before, after) = state.withLock { state in
            let before = bells.indices.map { state.race.turn(of: $0) }
            body(&state.race)
            return (before, bells.indices.map { state.race.turn(of: $0) })
        }
        for (index, bell) in bells.enumerated() where before[index] != after[index] { bell.ring() }
    }

    /// One method's place in the contest.
    package struct Contender: Sendable {
        fileprivate let contest: MappingContest
        fileprivate let number: Int
        /// Rings when there is something new to do.
        package let bell: Bell

        package var isOver: Bool { contest.state.withLock { $0.isOver } }
        /// What the winner holds; nil while nobody has won.
        package var prize: TransportAddress? { contest.state.withLock { $0.race.prize } }
        package var nextDeadline: Instant? { contest.state.withLock { $0.race.nextDeadline } }

        package func turn(at now: Instant) -> MappingRace.Turn {
            guard contest.isRace else { return .go }
            contest.change { $0.handleTimeout(at: now) }
            return contest.state.withLock { $0.race.turn(of: number) }
        }

        package func takeVerdicts() -> [Verdict] {
            contest.state.withLock { state in
                defer { state.verdicts[number] = [] }
                return state.verdicts[number]
            }
        }

        package func takeCheck() -> Bool { contest.state.withLock { $0.checking.remove(number) != nil } }

        package func found(at now: Instant) { contest.change { $0.found(number, at: now) } }
        package func asksAgain(at now: Instant) { contest.change { $0.asksAgain(number, at: now) } }
        package func refused(at now: Instant) { contest.change { $0.refused(number, at: now) } }
        package func gaveBack(at now: Instant) { contest.change { $0.gaveBack(number, at: now) } }
        package func left(at now: Instant) { contest.change { $0.left(number, at: now) } }
        package func granted(_ external: TransportAddress, isGood: Bool, at now: Instant) {
            contest.change { $0.granted(number, external, isGood: isGood, at: now) }
        }
    }
}
