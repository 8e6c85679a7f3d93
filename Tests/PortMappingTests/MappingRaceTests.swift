import NetPrimitives
import PortMapping
import Testing

@Suite("The race of the methods")
struct MappingRaceTests {
    private let first = address("11.22.33.21:5000")
    private let other = address("11.22.33.21:6000")

    private func millisecond(_ count: Int64) -> Instant { .zero + .milliseconds(count) }

    @Test("the first to find a router asks it, the others hold")
    func headStart() {
        var race = MappingRace(contenders: 3)
        #expect((0..<3).map { race.turn(of: $0) } == [.hold, .hold, .hold])
        race.found(1, at: millisecond(1))
        race.found(2, at: millisecond(2))
        #expect((0..<3).map { race.turn(of: $0) } == [.hold, .go, .hold])
        race.granted(1, first, isGood: true, at: millisecond(5))
        race.found(0, at: millisecond(300))
        #expect((0..<3).map { race.turn(of: $0) } == [.hold, .go, .hold])
        #expect(race.nextDeadline == nil)
    }

    @Test("a router that does not answer delays nobody for longer than the head start")
    func slow() {
        var race = MappingRace(contenders: 3)
        race.found(2, at: .zero)
        race.found(0, at: millisecond(1))
        race.found(1, at: millisecond(2))
        #expect(race.nextDeadline == Instant.zero + MappingRace.headStart)
        race.handleTimeout(at: .zero + MappingRace.headStart - .milliseconds(1))
        #expect(race.turn(of: 0) == .hold)
        race.handleTimeout(at: .zero + MappingRace.headStart)
        #expect((0..<3).map { race.turn(of: $0) } == [.go, .hold, .go])
        race.granted(0, first, isGood: true, at: millisecond(510))
        #expect((0..<3).map { race.turn(of: $0) } == [.go, .hold, .giveBack(winner: first)])
        // What comes too late is given back, and its method waits.
        race.granted(2, other, isGood: true, at: millisecond(520))
        #expect(race.turn(of: 2) == .giveBack(winner: first))
        race.gaveBack(2, at: millisecond(530))
        #expect(race.turn(of: 2) == .hold)
    }

    @Test("who is refused, or has gone, is followed by the next one at once")
    func refused() {
        var race = MappingRace(contenders: 3)
        for contender in 0..<3 { race.found(contender, at: .zero) }
        race.refused(0, at: millisecond(3))
        #expect((0..<3).map { race.turn(of: $0) } == [.go, .go, .hold])
        race.left(1, at: millisecond(4))
        #expect((0..<3).map { race.turn(of: $0) } == [.go, .hold, .go])
        race.granted(2, first, isGood: true, at: millisecond(9))
        #expect(race.turn(of: 0) == .giveBack(winner: first))
    }

    @Test("who asks for another port at once, as his was dead, has his head start again")
    func asksAgain() {
        var race = MappingRace(contenders: 2)
        race.found(0, at: .zero)
        race.granted(0, first, isGood: true, at: .zero)
        race.found(1, at: millisecond(1))
        race.asksAgain(0, at: millisecond(3000))
        #expect((0..<2).map { race.turn(of: $0) } == [.go, .hold])
        #expect(race.nextDeadline == millisecond(3500))
        race.granted(0, other, isGood: true, at: millisecond(3100))
        #expect((0..<2).map { race.turn(of: $0) } == [.go, .hold])
        race.asksAgain(0, at: millisecond(6000))
        race.handleTimeout(at: millisecond(6500))
        #expect((0..<2).map { race.turn(of: $0) } == [.go, .go])
    }

    @Test("an address that the internet does not reach wins nothing, and is kept while nobody has a better one")
    func notGood() {
        var race = MappingRace(contenders: 2)
        race.found(0, at: .zero)
        race.found(1, at: .zero)
        race.granted(0, address("100.64.0.2:5000"), isGood: false, at: millisecond(2))
        #expect((0..<2).map { race.turn(of: $0) } == [.go, .go])
        race.granted(1, first, isGood: true, at: millisecond(4))
        #expect((0..<2).map { race.turn(of: $0) } == [.giveBack(winner: first), .go])
    }

    @Test("who loses the mapping is followed by the next one, and gives way when that one has it")
    func winnerLoses() {
        var race = MappingRace(contenders: 2)
        race.found(0, at: .zero)
        race.granted(0, first, isGood: true, at: .zero)
        race.found(1, at: millisecond(1))
        race.refused(0, at: millisecond(9000))
        #expect((0..<2).map { race.turn(of: $0) } == [.go, .go])
        race.granted(1, other, isGood: true, at: millisecond(9001))
        #expect((0..<2).map { race.turn(of: $0) } == [.giveBack(winner: other), .go])
        race.gaveBack(0, at: millisecond(9002))
        race.left(1, at: millisecond(9003))
        #expect(race.turn(of: 0) == .go)
    }

    @Test("a winner whose address becomes a private one has won no more")
    func winnerBecomesBad() {
        var race = MappingRace(contenders: 2)
        race.found(0, at: .zero)
        race.granted(0, first, isGood: true, at: .zero)
        race.found(1, at: millisecond(1))
        race.granted(0, address("10.0.0.2:5000"), isGood: false, at: millisecond(2))
        #expect(race.turn(of: 1) == .go)
    }

    @Test("never has nobody to go although somebody could, and never two winners", arguments: 1...8 as ClosedRange<UInt64>)
    func anySequence(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        for _ in 0..<200 {
            var race = MappingRace(contenders: 3)
            var now = Instant.zero
            var gone: Set<Int> = []
            for _ in 0..<40 {
                let contender = Int.random(in: 0..<3, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0 where race.turn(of: contender) == .hold && !gone.contains(contender): race.found(contender, at: now)
                case 1 where race.turn(of: contender) == .go:
                    race.granted(contender, first, isGood: .random(using: &random), at: now)
                case 2 where race.turn(of: contender) == .go: race.refused(contender, at: now)
                case 3 where race.turn(of: contender) == .go && Bool.random(using: &random):
                    race.asksAgain(contender, at: now)
                case 3 where race.turn(of: contender) == .go:
                    race.left(contender, at: now)
                    gone.insert(contender)
                case 4:
                    if case .giveBack = race.turn(of: contender) { race.gaveBack(contender, at: now) }
                default: now += .milliseconds(Int64.random(in: 0...600, using: &random))
                }
                race.handleTimeout(at: now)
                if let deadline = race.nextDeadline {
                    #expect(deadline > now, "seed \(seed)")
                    #expect((0..<3).contains { race.turn(of: $0) == .go }, "seed \(seed)")
                }
                let giving = (0..<3).filter { if case .giveBack = race.turn(of: $0) { true } else { false } }
                if !giving.isEmpty { #expect((0..<3).filter { race.turn(of: $0) == .go }.count == 1, "seed \(seed)") }
            }
        }
    }
}
