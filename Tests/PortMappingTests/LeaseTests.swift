import NetPrimitives
import PortMapping
import Testing

@Suite("A lease")
struct LeaseTests {
    private func lease(_ lifetime: Duration = .seconds(600)) -> Lease {
        Lease(internalPort: 5000, lifetime: lifetime, random: SeededGenerator(state: 7))
    }

    private let router = address("11.22.33.21:0").ip

    private func second(_ count: Int) -> Instant { .zero + .seconds(count) }

    /// A lease that holds 11.22.33.21:5000 since time zero.
    private func heldLease(for lifetime: Duration? = .seconds(600)) -> Lease {
        var lease = lease()
        _ = lease.start()
        _ = lease.receive(grant(for: lifetime), at: .zero)
        _ = lease.nextEvent()
        return lease
    }

    @Test("asks for our own port first, and only once")
    func firstQuestion() {
        var lease = lease()
        #expect(lease.start() == Ask(externalPort: 5000, lifetime: .seconds(600)))
        #expect(lease.start() == nil)
        #expect(lease.nextDeadline == nil)
        #expect(lease.portToClose == nil)
    }

    @Test("is renewed at half its time, with the port and address it got, which is told so that it is tried again")
    func renewal() {
        var lease = lease()
        _ = lease.start()
        #expect(lease.receive(grant("11.22.33.21:6000"), at: .zero) == nil)
        #expect(lease.nextEvent() == .mapped(Grant(external: address("11.22.33.21:6000"), lifetime: .seconds(600))))
        #expect(lease.portToClose == 6000)
        #expect(lease.nextDeadline == second(300))
        #expect(lease.handleTimeout(at: second(299)) == nil)
        #expect(lease.handleTimeout(at: second(300)) == Ask(externalPort: 6000, externalAddress: router, lifetime: .seconds(600)))
        #expect(lease.nextDeadline == nil)
        #expect(lease.receive(grant("11.22.33.21:6000"), at: second(301)) == nil)
        #expect(lease.nextEvent() == .renewed(Grant(external: address("11.22.33.21:6000"), lifetime: .seconds(600))))
        #expect(lease.nextEvent() == nil)
        #expect(lease.nextDeadline == second(601))
    }

    @Test("of one peer is asked for again as soon as its packets are there, and what is said then counts")
    func onePeer() {
        var lease = Lease(internalPort: 5000, lifetime: .seconds(120), isOfOnePeer: true, random: SeededGenerator(state: 7))
        _ = lease.start()
        _ = lease.receive(grant("11.22.33.21:5000", for: .seconds(120)), at: .zero)
        #expect(lease.nextEvent() == .mapped(Grant(external: address("11.22.33.21:5000"), lifetime: .seconds(120))))
        let again = Instant.zero + Lease.flowRenewal
        #expect(lease.nextDeadline == again)
        #expect(lease.handleTimeout(at: again) != nil)
        _ = lease.receive(grant("11.22.33.21:1146", for: .seconds(120)), at: again)
        #expect(lease.nextEvent() == .mapped(Grant(external: address("11.22.33.21:1146"), lifetime: .seconds(120))))
        #expect(lease.nextDeadline == again + .seconds(60))
    }

    @Test("says so when a renewal moves it to another address or port")
    func moved() {
        var lease = heldLease()
        _ = lease.handleTimeout(at: second(300))
        _ = lease.receive(grant("11.22.33.99:5001"), at: second(300))
        #expect(lease.nextEvent() == .mapped(Grant(external: address("11.22.33.99:5001"), lifetime: .seconds(600))))
        #expect(lease.portToClose == 5001)
    }

    @Test("that cannot be renewed is tried at half of what is left, then lost, then asked for again")
    func lossAndRecovery() {
        var lease = heldLease(for: .seconds(80))
        var tried: [Int64] = []
        while let deadline = lease.nextDeadline, lease.nextEvent() == nil, tried.count < 20 {
            tried.append((deadline - .zero).components.seconds)
            #expect(lease.handleTimeout(at: deadline) != nil)
            _ = lease.receive(.failed(.noRouter), at: deadline)
            if lease.nextEvent() == .lost(.noRouter) { break }
        }
        #expect(tried == [40, 60, 70, 75])
        #expect(lease.portToClose == 5000)
        #expect(lease.nextDeadline == second(75) + Lease.recoveryInterval)
        #expect(
            lease.handleTimeout(at: second(105))
                == Ask(externalPort: 5000, externalAddress: router, lifetime: .seconds(600)))
        #expect(lease.receive(.failed(.noRouter), at: second(105)) == nil)
        #expect(lease.nextEvent() == nil)
        #expect(lease.handleTimeout(at: second(135)) != nil)
        _ = lease.receive(grant(), at: second(135))
        #expect(lease.nextEvent() == .mapped(Grant(external: address("11.22.33.21:5000"), lifetime: .seconds(600))))
    }

    @Test("takes another port when ours is somebody else's")
    func conflict() throws {
        var lease = lease()
        _ = lease.start()
        var ask = lease.receive(.conflict, at: .zero)
        let second = try #require(ask)
        #expect(ExternalPortChoice.dynamicPorts.contains(second.externalPort))
        ask = lease.receive(.conflict, at: .zero)
        let third = try #require(ask)
        #expect(third.externalPort != second.externalPort)
        _ = lease.receive(grant("11.22.33.21:\(third.externalPort)"), at: .zero)
        #expect(lease.portToClose == third.externalPort)
    }

    @Test("gives up when every port is taken")
    func everyPortTaken() {
        var lease = lease()
        var asked = lease.start() == nil ? 0 : 1
        while lease.receive(.conflict, at: .zero) != nil { asked += 1 }
        #expect(asked == ExternalPortChoice.attempts)
        #expect(lease.nextEvent() == .failed(.everyPortTaken))
        #expect(lease.nextDeadline == nil)
        #expect(lease.portToClose == nil)
    }

    @Test("becomes permanent where the router knows nothing else, and is still renewed")
    func permanent() {
        var lease = lease()
        _ = lease.start()
        #expect(lease.receive(.onlyPermanentLeases, at: .zero) == Ask(externalPort: 5000, lifetime: nil))
        #expect(lease.receive(grant(for: nil), at: .zero) == nil)
        #expect(lease.nextEvent() == .mapped(Grant(external: address("11.22.33.21:5000"), lifetime: nil)))
        #expect(lease.nextDeadline == Instant.zero + Lease.permanentRenewal)
        #expect(
            lease.handleTimeout(at: .zero + Lease.permanentRenewal)
                == Ask(externalPort: 5000, externalAddress: router, lifetime: nil))
        _ = lease.receive(.failed(.notAuthorized), at: .zero + Lease.permanentRenewal)
        #expect(lease.nextEvent() == .lost(.notAuthorized))
        #expect(lease.portToClose == 5000)
    }

    @Test("of a router that wants permanent ones and refuses them fails")
    func permanentRefused() {
        var lease = lease()
        _ = lease.start()
        _ = lease.receive(.onlyPermanentLeases, at: .zero)
        #expect(lease.receive(.onlyPermanentLeases, at: .zero) == nil)
        guard case .failed(.implausible) = lease.nextEvent() else {
            Issue.record("it should have failed as implausible")
            return
        }
    }

    @Test(
        "is not taken from a router that lies",
        arguments: [
            grant("11.22.33.21:0"), grant(for: .zero), grant("0.0.0.0:5000"), grant("127.0.0.1:5000"),
            grant("255.255.255.255:5000"), grant("224.0.0.1:5000"), grant("169.254.3.4:5000"),
        ])
    func lies(_ lie: Answer) {
        var lease = lease()
        _ = lease.start()
        #expect(lease.receive(lie, at: .zero) == nil)
        guard case .failed = lease.nextEvent() else {
            Issue.record("\(lie) should not have been believed")
            return
        }
        #expect(lease.isOver)
        #expect(lease.portToClose == 5000, "it says that it opened something")
    }

    @Test(
        "of absurd length neither traps nor floods the router",
        arguments: [Duration.seconds(Int64.max), .seconds(UInt32.max), .nanoseconds(1), .seconds(1)])
    func absurdLifetimes(_ lifetime: Duration) throws {
        var lease = lease()
        _ = lease.start()
        _ = lease.receive(grant(for: lifetime), at: .zero)
        #expect(try #require(lease.nextDeadline) - .zero >= Lease.shortestRenewal)
        #expect(lease.handleTimeout(at: Instant(nanoseconds: .max)) != nil)
        _ = lease.receive(.failed(.noRouter), at: Instant(nanoseconds: .max))
        _ = lease.receive(grant(for: lifetime), at: Instant(nanoseconds: .max))
    }

    @Test("ignores answers that nobody asked for")
    func unasked() {
        var idle = lease()
        #expect(idle.receive(grant(), at: .zero) == nil)
        #expect(idle.nextEvent() == nil)
        var held = heldLease()
        #expect(held.receive(.conflict, at: second(1)) == nil)
        #expect(held.portToClose == 5000)
    }

    @Test("of a router that cannot now is asked for again when the router said, not before half a minute",
        arguments: [(0, 30), (90, 90)])
    func later(_ said: Int, _ waited: Int) {
        var lease = lease()
        _ = lease.start()
        #expect(lease.receive(.later(.outOfResources, after: .seconds(said)), at: .zero) == nil)
        #expect(lease.nextEvent() == .lost(.outOfResources))
        #expect(lease.portToClose == nil)
        #expect(lease.nextDeadline == second(waited))
        #expect(lease.handleTimeout(at: second(waited)) == Ask(externalPort: 5000, lifetime: .seconds(600)))
        _ = lease.receive(grant(), at: second(waited))
        #expect(lease.nextEvent() == .mapped(Grant(external: address("11.22.33.21:5000"), lifetime: .seconds(600))))
    }

    @Test("is asked for again at once when the router has forgotten it, and within 5 s when it tells everybody")
    func restarted() throws {
        var lease = heldLease()
        let again = Ask(externalPort: 5000, externalAddress: router, lifetime: .seconds(600))
        #expect(lease.routerRestarted(isAnnounced: false, at: second(10)) == again)
        #expect(lease.routerRestarted(isAnnounced: false, at: second(10)) == nil)
        _ = lease.receive(grant("11.22.33.99:5000"), at: second(10))
        #expect(lease.nextEvent() == .mapped(Grant(external: address("11.22.33.99:5000"), lifetime: .seconds(600))))

        var told = heldLease()
        if told.routerRestarted(isAnnounced: true, at: second(10)) == nil {
            let deadline = try #require(told.nextDeadline as Instant?)
            #expect(deadline <= second(15))
            #expect(told.handleTimeout(at: deadline) == again)
        }
        // What is lost is asked for earlier, too.
        var lost = heldLease(for: nil)
        _ = lost.handleTimeout(at: second(300))
        _ = lost.receive(.failed(.noRouter), at: second(300))
        #expect(lost.routerRestarted(isAnnounced: false, at: second(301))?.externalPort == 5000)
    }

    @Test("that leads nowhere is closed, and another port asked for; the next time only after some minutes")
    func dead() throws {
        var lease = heldLease()
        #expect(lease.disproved(address("11.22.33.21:5001"), at: second(1)) == nil, "another mapping's verdict")
        let question = lease.disproved(address("11.22.33.21:5000"), at: second(1))
        let another = try #require(question)
        #expect(lease.nextEvent() == .lost(.unreachable))
        #expect(lease.nextDeadPort() == 5000)
        #expect(lease.nextDeadPort() == nil)
        #expect(lease.isAsking)
        #expect(ExternalPortChoice.dynamicPorts.contains(another.externalPort))
        #expect(lease.portToClose == nil)

        let other = address("11.22.33.21:\(another.externalPort)")
        _ = lease.receive(grant("\(other)"), at: second(2))
        #expect(lease.nextEvent() == .mapped(Grant(external: other, lifetime: .seconds(600))))
        #expect(lease.disproved(other, at: second(3)) == nil)
        #expect(lease.nextEvent() == .lost(.unreachable))
        #expect(lease.nextDeadPort() == other.port, "it is of no use until then")
        #expect(!lease.isAsking)
        #expect(lease.nextDeadline == second(3) + Lease.deadInterval)
        let third = lease.handleTimeout(at: second(303))
        #expect(ExternalPortChoice.dynamicPorts.contains(try #require(third).externalPort))
    }

    @Test("whose answer was lost may be open, and is to be closed")
    func unanswered() {
        var lease = lease()
        _ = lease.start()
        #expect(lease.receive(.unanswered(.noRouter), at: .zero) == nil)
        #expect(lease.nextEvent() == .failed(.noRouter))
        #expect(lease.isOver)
        #expect(lease.portToClose == 5000)

        var later = self.lease()
        _ = later.start()
        _ = later.receive(.later(.outOfResources, after: .seconds(30)), at: .zero)
        #expect(later.portToClose == nil, "it has said that it opened nothing")
        _ = later.handleTimeout(at: second(30))
        #expect(later.receive(.unanswered(.noRouter), at: second(35)) == nil)
        #expect(later.portToClose == 5000)
        #expect(later.handleTimeout(at: second(65)) == Ask(externalPort: 5000, lifetime: .seconds(600)))
    }

    @Test("that is renewed without an answer is held as it was, and lost when it may have moved to another port")
    func renewalUnanswered() throws {
        var lease = heldLease()
        _ = lease.handleTimeout(at: second(300))
        #expect(lease.receive(.unanswered(.noRouter), at: second(305)) == nil)
        #expect(lease.nextEvent() == nil)
        #expect(lease.external == address("11.22.33.21:5000"))

        let deadline = try #require(lease.nextDeadline)
        _ = lease.handleTimeout(at: deadline)
        let question = lease.receive(.conflict, at: deadline)
        let port = try #require(question).externalPort
        #expect(lease.receive(.unanswered(.noRouter), at: deadline) == nil)
        #expect(lease.nextEvent() == .lost(.noRouter))
        #expect(lease.portToClose == port)
    }

    @Test("that is set aside is not renewed, is still ours to close, and begins again with the same port")
    func aside() {
        var lease = heldLease()
        lease.setAside()
        #expect(lease.nextDeadline == nil)
        #expect(lease.portToClose == 5000)
        #expect(!lease.isOver)
        #expect(lease.start() == Ask(externalPort: 5000, lifetime: .seconds(600)))
        #expect(lease.receive(.failed(.notAuthorized), at: second(9)) == nil)
        #expect(lease.portToClose == 5000)
        #expect(lease.nextDeadline == second(9) + Lease.recoveryInterval)

        var fresh = self.lease()
        fresh.setAside()
        #expect(fresh.portToClose == nil)
        #expect(fresh.start() == Ask(externalPort: 5000, lifetime: .seconds(600)))
    }

    @Test("that leads somewhere has two ports to try when it dies later")
    func provedBetween() throws {
        var lease = heldLease()
        let question = lease.disproved(address("11.22.33.21:5000"), at: second(1))
        let port = try #require(question).externalPort
        _ = lease.receive(grant("11.22.33.21:\(port)"), at: second(1))
        lease.proved(address("11.22.33.21:\(port)"))
        #expect(lease.disproved(address("11.22.33.21:\(port)"), at: second(400)) != nil)
    }

    @Test("survives any sequence of answers and timeouts", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func anySequence(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let answers: [Answer] = [
            grant(), grant(for: nil), grant("10.0.0.1:1"), grant("0.0.0.0:1"), grant(for: .zero), .conflict,
            .onlyPermanentLeases, .failed(.noRouter), .failed(.refused(code: -1, reason: "")),
            .later(.outOfResources, after: .seconds(30)), .later(.noExternalAddress, after: .zero), .unanswered(.noRouter),
        ]
        for _ in 0..<200 {
            var lease = lease()
            var now = Instant.zero
            var asked = lease.start() != nil
            for _ in 0..<60 {
                if asked {
                    guard let answer = answers.randomElement(using: &random) else { continue }
                    asked = lease.receive(answer, at: now) != nil
                    if case .unanswered = answer { #expect(lease.portToClose != nil, "seed \(seed)") }
                } else if let external = lease.external, Int.random(in: 0..<4, using: &random) == 0 {
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: lease.proved(external)
                    case 1 where Int.random(in: 0..<4, using: &random) == 0:
                        lease.setAside()
                        #expect(lease.portToClose == external.port, "seed \(seed)")
                        asked = lease.start() != nil
                    case 1: asked = lease.disproved(external, at: now) != nil
                    default: asked = lease.routerRestarted(isAnnounced: .random(using: &random), at: now) != nil
                    }
                } else if let deadline = lease.nextDeadline {
                    #expect(deadline >= now, "seed \(seed)")
                    now = deadline
                    asked = lease.handleTimeout(at: now) != nil
                    #expect(asked, "seed \(seed)")
                }
                _ = lease.nextDeadPort()
                while lease.nextEvent() != nil {}
            }
        }
    }
}
