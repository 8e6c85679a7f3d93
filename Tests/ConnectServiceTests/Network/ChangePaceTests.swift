@testable import ConnectService
import NetPrimitives
import Testing

@Suite("How soon a change of the network is followed")
struct ChangePaceTests {
    private static let start = Instant.zero + .seconds(1000)

    @Test("the first counts at once, also long after another; one right after it waits at most until the interval is over")
    func first() throws {
        var pace = ChangePace()
        func isTime(_ now: Instant) -> Bool { pace.isTime(at: now) }
        #expect(!isTime(Self.start))
        for moment in [Self.start, Self.start + ChangePace.interval] {
            pace.changed(at: moment)
            #expect(pace.due == moment)
            #expect(isTime(moment))
            pace.followed(at: moment)
        }
        let now = Self.start + ChangePace.interval
        pace.changed(at: now + .milliseconds(100))
        let due = try #require(pace.due)
        #expect(due >= now + ChangePace.interval / 2 && due <= now + ChangePace.interval)
        pace.changed(at: now + .milliseconds(200))
        #expect(pace.due == due)
    }

    @Test("a network that flaps ten times a second for a minute makes no more than one connection each two and a half seconds")
    func flaps() {
        var pace = ChangePace()
        var connections = 0
        for tenth in 0..<600 {
            let now = Self.start + .milliseconds(100) * tenth
            pace.changed(at: now)
            guard pace.isTime(at: now) else { continue }
            pace.followed(at: now)
            connections += 1
        }
        #expect((12...25).contains(connections))
    }

    @Test("what was as before when it was looked at has used nothing up")
    func nothing() {
        var pace = ChangePace()
        pace.changed(at: Self.start)
        let isTime = pace.isTime(at: Self.start)
        #expect(isTime && pace.due == nil)
        pace.changed(at: Self.start + .seconds(1))
        #expect(pace.due == Self.start + .seconds(1))
    }
}
