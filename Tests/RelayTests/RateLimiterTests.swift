import NetPrimitives
import Relay
import Testing

@Suite("UnprovenRateLimiter")
struct UnprovenRateLimiterTests {
    @Test("counts per second and prefix")
    func counts() {
        var limiter = UnprovenRateLimiter(limit: 2, seed: 42)
        let admitted = (0..<5).map { limiter.admits(.v4(0x0101_0100 + UInt32($0)), at: .zero) }
        #expect(admitted == [true, true, false, false, false])
        #expect(limiter.admits(IPAddress(literal: "1.1.2.1"), at: .zero) == true)
        #expect(limiter.admits(IPAddress(literal: "2600:1:2:300::1"), at: .zero) == true)
        #expect(limiter.admits(IPAddress(literal: "2600:1:2:3ff::1"), at: .zero) == true)
        #expect(limiter.admits(IPAddress(literal: "2600:1:2:301::2"), at: .zero) == false)
        #expect(limiter.admits(IPAddress(literal: "2600:1:2:400::1"), at: .zero) == true)
        #expect(limiter.admits(.v4(0x0101_0100), at: .at(0.999)) == false)
        #expect(limiter.admits(.v4(0x0101_0100), at: .at(1)) == true)
    }

    @Test("0 is no bound")
    func unbounded() {
        var limiter = UnprovenRateLimiter(limit: 0, seed: 1)
        #expect((0..<10_000).allSatisfy { _ in limiter.admits(.loopbackV4, at: .zero) })
    }

    @Test("a flood from everywhere gets no more than the table's budget")
    func flood() {
        var limiter = UnprovenRateLimiter(limit: 1, seed: 77)
        let admitted = (0..<100_000).count { limiter.admits(.v4(UInt32($0) << 8), at: .zero) }
        #expect(admitted <= UnprovenRateLimiter.slotCount)
        #expect(admitted > UnprovenRateLimiter.slotCount / 2, "the hash spreads")
    }
}

@Suite("QuotaLedger and Reservations")
struct LedgerTests {
    @Test("counts per user and in all")
    func quotas() {
        var ledger = QuotaLedger(limits: .init(perUser: 2, total: 3))
        #expect(ledger.take(for: "a") == .granted)
        #expect(ledger.take(for: "a") == .granted)
        #expect(ledger.take(for: "a") == .userIsFull)
        #expect(ledger.take(for: "b") == .granted)
        #expect(ledger.take(for: "b") == .relayIsFull)
        ledger.release(for: "a")
        ledger.release(for: "nobody")
        #expect(ledger.take(for: "c") == .granted)
        #expect(ledger.total == 3 && ledger.count(of: "a") == 1)
    }

    @Test("a reservation is good once, for 30 seconds, and there are so many at most")
    func reservations() throws {
        var reservations = Reservations<Int>()
        var random = SeededGenerator(seed: 4)
        let first = try #require(reservations.hold(1, using: &random, at: .zero))
        let second = try #require(reservations.hold(2, using: &random, at: .zero))
        #expect(reservations.nextDeadline == .at(30))
        #expect(reservations.claim(first, at: .at(29.9)) == 1)
        #expect(reservations.claim(first, at: .at(29.9)) == nil)
        #expect(reservations.claim(second, at: .at(30)) == nil)
        #expect(reservations.removeExpired(at: .at(30)) == [2])
        for number in 0..<2000 { _ = reservations.hold(number, using: &random, at: .zero) }
        #expect(reservations.count == Reservations<Int>.limit)
    }
}
