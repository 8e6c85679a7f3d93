@testable import ConnectService
import NetPrimitives
import Rendezvous
import Testing

@Suite("When and where somebody tries to be there again")
struct PresenceScheduleTests {
    private static let start = Instant.zero + .seconds(1000)
    private static let home = RelayURL("https://relay.example.org")!
    private static let nodes = (1...3).map { RelayURL("https://node\($0).example.org")! }

    private static func schedule(nodes: [RelayURL] = []) -> PresenceSchedule {
        var schedule = PresenceSchedule(home: home, at: start)
        #expect(schedule.beginsAttempt(at: start) == [home])
        schedule.reached(home)
        schedule.learned(nodes)
        return schedule
    }

    @Test("the people of a relay that has died come to the others within two seconds, not all at once and not all to one")
    func deadNode() {
        var places: [RelayURL: Int] = [:]
        var tenths: Set<Int> = []
        for _ in 0..<300 {
            var schedule = Self.schedule(nodes: Self.nodes)
            schedule.elsewhere(Self.nodes[0], at: Self.start)
            #expect(schedule.beginsAttempt(at: Self.start) == [Self.nodes[0]])
            schedule.reached(Self.nodes[0])
            schedule.present()
            let lost = Self.start + .seconds(60)
            schedule.lost(at: lost)
            guard let due = schedule.nextDeadline else { break }
            #expect(schedule.beginsAttempt(at: due - .milliseconds(1)) == nil)
            #expect(due - lost <= .seconds(2))
            let asked = schedule.beginsAttempt(at: due) ?? []
            // The relay that we were at is dead: it is asked after all others.
            #expect(asked.count == 4 && Set(asked) == Set(Self.nodes + [Self.home]) && asked.last == Self.nodes[0])
            if let first = asked.first { places[first, default: 0] += 1 }
            tenths.insert(Int((due - lost) / .milliseconds(100)))
        }
        for place in [Self.home, Self.nodes[1], Self.nodes[2]] { #expect(places[place, default: 0] > 50) }
        #expect(tenths.count > 10)
    }

    @Test("whoever has not answered is asked after the others, until we are there again")
    func silent() {
        var schedule = Self.schedule(nodes: Self.nodes)
        schedule.elsewhere(Self.nodes[0], at: Self.start)
        _ = schedule.beginsAttempt(at: Self.start)
        schedule.failed(at: Self.start)
        var due = schedule.nextDeadline ?? Self.start
        #expect(schedule.beginsAttempt(at: due)?.last == Self.nodes[0])
        // The first that was asked is slow, another one has answered; it sends us on, in vain.
        let answering = Self.nodes[2]
        schedule.reached(answering)
        schedule.elsewhere(Self.nodes[0], at: due)
        _ = schedule.beginsAttempt(at: due)
        schedule.failed(at: due)
        due = schedule.nextDeadline ?? due
        #expect(schedule.beginsAttempt(at: due)?.last != answering)
        schedule.reached(Self.nodes[0])
        schedule.present()
        schedule.networkChanged(at: due)
        #expect(schedule.beginsAttempt(at: due)?.first == Self.nodes[0])
    }

    @Test("of a large fleet some are asked")
    func largeFleet() {
        var schedule = Self.schedule(nodes: (0..<60).map { RelayURL("https://node\($0).example.org")! })
        schedule.present()
        schedule.lost(at: Self.start)
        #expect(schedule.beginsAttempt(at: Self.start + .seconds(2))?.count == PresenceSchedule.maximumPlaces)
    }

    @Test("who is sent to a node that has just died asks again within a second, for as long as one that lives names it")
    func sentToTheDead() {
        var schedule = Self.schedule(nodes: Self.nodes)
        var now = Self.start
        for _ in 0..<10 {
            schedule.elsewhere(Self.nodes[0], at: now)
            #expect(schedule.beginsAttempt(at: now) == [Self.nodes[0]])
            schedule.failed(at: now)
            guard let due = schedule.nextDeadline else { break }
            #expect(due - now <= .seconds(1))
            now = due
            #expect(schedule.beginsAttempt(at: now) != nil)
        }
        // Nobody names anybody any more: then more and more seldom, as ever.
        schedule.failed(at: now)
        #expect((schedule.nextDeadline ?? now) - now > .seconds(1))
    }

    @Test("while nothing answers everybody is asked in turn, every five seconds at the latest and not at once")
    func nothing() {
        var schedule = Self.schedule(nodes: Self.nodes)
        var now = Self.start
        var asked: Set<RelayURL> = []
        var pauses: [Duration] = []
        for _ in 0..<20 {
            schedule.failed(at: now)
            guard let due = schedule.nextDeadline else { break }
            pauses.append(due - now)
            now = due
            asked.formUnion(schedule.beginsAttempt(at: now) ?? [])
        }
        #expect(asked == Set(Self.nodes + [Self.home]))
        #expect(pauses.allSatisfy { $0 >= .milliseconds(125) && $0 <= .seconds(5) })
        #expect(pauses.suffix(10).allSatisfy { $0 >= .milliseconds(2500) })
    }

    @Test("a relay that is full is left alone for longer, and being there forgets all that")
    func refused() {
        var schedule = Self.schedule()
        var now = Self.start
        for _ in 0..<20 {
            schedule.refused(at: now)
            now = schedule.nextDeadline ?? now
            _ = schedule.beginsAttempt(at: now)
        }
        schedule.refused(at: now)
        #expect((schedule.nextDeadline ?? now) - now >= .seconds(30))
        _ = schedule.beginsAttempt(at: now + .seconds(60))
        schedule.present()
        #expect(schedule.nextDeadline == nil)
        schedule.failed(at: now)
        #expect((schedule.nextDeadline ?? now) - now <= .milliseconds(500))
    }

    @Test("another network is tried at once where we were, and the right relay is gone to at once")
    func network() {
        var schedule = Self.schedule(nodes: Self.nodes)
        schedule.elsewhere(Self.nodes[1], at: Self.start)
        #expect(schedule.beginsAttempt(at: Self.start) == [Self.nodes[1]])
        schedule.reached(Self.nodes[1])
        schedule.present()
        schedule.networkChanged(at: Self.start + .seconds(5))
        #expect(schedule.beginsAttempt(at: Self.start + .seconds(5))?.first == Self.nodes[1])
    }

    @Test("what was asked with TLS is never asked without")
    func downgrade() {
        var schedule = Self.schedule()
        schedule.learned([RelayURL("http://node.example.org")!, Self.nodes[0], Self.home])
        #expect(schedule.others == [Self.nodes[0]])
    }
}
