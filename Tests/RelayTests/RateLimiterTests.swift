import NetPrimitives
import Relay
import TestSupport
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
    /// A user at an address of its own.
    private func holder(_ user: String, at client: String? = nil) -> QuotaHolder {
        QuotaHolder(user: user, client: client.map { IPAddress(literal: $0) } ?? .v4(UInt32(user.utf8.first ?? 0)))
    }

    @Test("counts per user and in all")
    func quotas() {
        var ledger = QuotaLedger(limits: .init(perUser: 2, total: 3))
        #expect(ledger.take(for: holder("a")) == .granted)
        #expect(ledger.take(for: holder("a")) == .granted)
        #expect(ledger.take(for: holder("a")) == .holderIsFull)
        #expect(ledger.take(for: holder("b")) == .granted)
        #expect(ledger.take(for: holder("b")) == .relayIsFull)
        ledger.release(for: holder("a"))
        ledger.release(for: holder("nobody"))
        #expect(ledger.take(for: holder("c")) == .granted)
        #expect(ledger.total == 3 && ledger.count(of: "a") == 1)
        ledger.limits.total = 1
        #expect(ledger.take(for: holder("d")) == .relayIsFull, "what was granted stays, and counts")
        #expect(ledger.total == 3)
    }

    @Test("counts per client address, an IPv6 /64 as one")
    func addresses() {
        var ledger = QuotaLedger(limits: .init(perAddress: 1))
        #expect(ledger.take(for: holder("a", at: "8.8.8.8")) == .granted)
        #expect(ledger.take(for: holder("b", at: "8.8.8.8")) == .holderIsFull)
        #expect(ledger.take(for: holder("b", at: "::ffff:8.8.8.8")) == .holderIsFull)
        #expect(ledger.take(for: holder("b", at: "8.8.8.9")) == .granted)
        #expect(ledger.take(for: holder("a", at: "2600:0:0:1::1")) == .granted)
        #expect(ledger.take(for: holder("a", at: "2600:0:0:1:ffff::")) == .holderIsFull)
        #expect(ledger.take(for: holder("a", at: "2600:0:0:2::1")) == .granted)
        ledger.release(for: holder("a", at: "2600:0:0:1:ffff::"))
        #expect(ledger.take(for: holder("a", at: "2600:0:0:1::9")) == .granted)
    }

    @Test("an invitation has a limit of its own, and what one held another can have")
    func invitations() {
        var ledger = QuotaLedger(limits: .init(perUser: 0, perInvitation: 1))
        #expect(ledger.take(for: holder("i-1")) == .granted)
        #expect(ledger.take(for: holder("i-1")) == .holderIsFull)
        ledger.transfer(from: holder("i-1"), to: holder("i-2"))
        #expect(ledger.count(of: "i-1") == 0 && ledger.count(of: "i-2") == 1 && ledger.total == 1)
    }

    @Test("budgets of new peers are so many at most, and those that are full again make room")
    func budgets() {
        var ledger = QuotaLedger(limits: .init(newPeersPerSecond: 1))
        #expect(ledger.takeNewPeers(1000, for: "patient", at: .zero) == true)
        for user in 1..<QuotaLedger.budgetLimit { #expect(ledger.takeNewPeers(1, for: "\(user)", at: .zero) == true) }
        #expect(ledger.takeNewPeers(1, for: "late", at: .zero) == false)
        #expect(ledger.takeNewPeers(1, for: "late", at: .at(1)) == true)
        #expect(ledger.takeNewPeers(2, for: "patient", at: .at(1)) == false, "who still owes is not forgotten")
        #expect(ledger.takeNewPeers(1, for: "patient", at: .at(1)) == true)
    }

    @Test("a reservation is good once, for 30 seconds, and there are so many at most")
    func reservations() throws {
        var reservations = Reservations<Int>()
        var random = SplitMix64(seed: 4)
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
