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
        #expect(schedule.beginsAttempt(at: start) == home)
        schedule.learned(nodes)
        return schedule
    }

    @Test("the people of a relay that has died come to the others within ten seconds, not all at once and not all to one")
    func deadNode() {
        var places: [RelayURL: Int] = [:]
        var seconds: Set<Int64> = []
        for _ in 0..<300 {
            var schedule = Self.schedule(nodes: Self.nodes)
            schedule.present()
            var now = Self.start + .seconds(60)
            schedule.lost(at: now)
            // The relay that we were at is dead, and one that does not answer costs three seconds.
            for _ in 0..<2 {
                guard let due = schedule.nextDeadline else { break }
                #expect(schedule.beginsAttempt(at: due - .milliseconds(1)) == nil)
                now = due
                guard let place = schedule.beginsAttempt(at: now) else { break }
                if place != Self.nodes[0] {
                    places[place, default: 0] += 1
                    seconds.insert((now - (Self.start + .seconds(60))).components.seconds)
                    schedule.present()
                    break
                }
                now = now + .seconds(3)
                schedule.failed(at: now)
            }
            #expect(now - (Self.start + .seconds(60)) < .seconds(10))
        }
        #expect(places[Self.nodes[1], default: 0] > 50 && places[Self.nodes[2], default: 0] > 50)
        #expect(seconds.count > 1)
    }

    @Test("who is sent to a node that has just died asks again within a second, for as long as one that lives names it")
    func sentToTheDead() {
        var schedule = Self.schedule(nodes: Self.nodes)
        var now = Self.start
        for _ in 0..<10 {
            schedule.elsewhere(Self.nodes[0], at: now)
            #expect(schedule.beginsAttempt(at: now) == Self.nodes[0])
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
            if let place = schedule.beginsAttempt(at: now) { asked.insert(place) }
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
        #expect(schedule.beginsAttempt(at: Self.start) == Self.nodes[1])
        schedule.present()
        schedule.networkChanged(at: Self.start + .seconds(5))
        #expect(schedule.beginsAttempt(at: Self.start + .seconds(5)) == Self.nodes[1])
    }

    @Test("what was asked with TLS is never asked without")
    func downgrade() {
        var schedule = Self.schedule()
        schedule.learned([RelayURL("http://node.example.org")!, Self.nodes[0], Self.home])
        #expect(schedule.others == [Self.nodes[0]])
    }
}
