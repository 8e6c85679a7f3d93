import ICE
import NetPrimitives
import Testing

/// The session continues by itself within two seconds of the new network being there.
@Suite struct ChangeOfNetworkTests {
    enum Change: String, CaseIterable, CustomTestStringConvertible {
        /// Another address behind another router.
        case move
        /// The same behind a symmetric one, which nobody can punch.
        case moveToSymmetric
        /// From behind a router to a public address.
        case moveToOpen
        /// The router reboots and has another public address.
        case reboot
        /// The NAT forgets its bindings.
        case rebinding
        /// Both at once.
        case bothMove

        var testDescription: String { rawValue }
    }

    private static let portCone = NATBehavior.cone(.addressAndPortDependent)

    @Test("after a change of network data flows again within two seconds, and soon by the best path", arguments: Change.allCases)
    func change(_ change: Change) {
        for repetition in 0..<10 {
            for signalling in [VirtualInternet.Signalling.rendezvous, .pathOnly] {
                // Who loses the rendezvous and moves at the same moment as the other has nobody who knows where.
                if change == .bothMove, signalling == .pathOnly { continue }
                let seed = Seeds.seed("change", change, signalling, repetition)
                let home = VirtualInternet.Home(nats: [Self.portCone])
                var internet = VirtualInternet((home, home), seed: seed)
                internet.run(for: .seconds(15)) { $0.areConnected }
                internet.run(for: .seconds(5))
                internet.signalling = signalling
                internet.forgetEvents()
                apply(change, to: &internet, index: repetition % 2)
                let continued = internet.timeToCarryData(within: .seconds(2))
                #expect(continued != nil, "\(change) \(signalling) seed \(seed): \(internet.story)")
                internet.run(for: .seconds(30))
                #expect(internet.carriesData, "\(change) \(signalling) seed \(seed): \(internet.story)")
                #expect(internet.disagreement == nil, "\(change) \(signalling) seed \(seed): \(internet.story)")
                let best: PathKind = change == .moveToSymmetric ? .relayed : .punched
                #expect(
                    internet.peers[0].agent.dataPair?.kind == best,
                    "\(change) \(signalling) seed \(seed): \(internet.story)")
            }
        }
    }

    @Test("both move in the same moment, and the rendezvous is lost with their networks: they meet there again")
    func bothLoseTheRendezvous() {
        for repetition in 0..<20 {
            let seed = Seeds.seed("both lose the rendezvous", repetition)
            var random = SeededGenerator(seed: seed)
            let home = VirtualInternet.Home(nats: [Self.portCone])
            var internet = VirtualInternet((home, home), seed: seed)
            internet.run(for: .seconds(15)) { $0.areConnected }
            internet.run(for: .seconds(5))
            let absences = (0..<2).map { _ in Duration.milliseconds(Int64.random(in: 100...3000, using: &random)) }
            internet.loseRendezvous(for: (absences[0], absences[1]))
            internet.move(0, behind: [Self.portCone])
            internet.move(1, behind: repetition % 4 == 0 ? [.symmetric] : [Self.portCone])
            internet.run(for: max(absences[0], absences[1]))
            #expect(!internet.carriesData, "seed \(seed): nobody could have known")
            let continued = internet.timeToCarryData(within: .seconds(2))
            #expect(continued != nil, "seed \(seed): \(internet.story)")
            internet.run(for: .seconds(30))
            #expect(internet.carriesData && internet.disagreement == nil, "seed \(seed): \(internet.story)")
            #expect(internet.peers[0].agent.dataPair?.kind == (repetition % 4 == 0 ? .relayed : .punched), "seed \(seed): \(internet.story)")
        }
    }

    private func apply(_ change: Change, to internet: inout VirtualInternet, index: Int) {
        switch change {
        case .move: internet.move(index, behind: [Self.portCone])
        case .moveToSymmetric: internet.move(index, behind: [.symmetric])
        case .moveToOpen: internet.move(index, behind: [])
        case .reboot: internet.network.rebootRouter(of: internet.peers[index].host, outerIP: .v4(0xCB00_7163))
        case .rebinding: internet.network.rebootRouter(of: internet.peers[index].host)
        case .bothMove:
            internet.move(0, behind: [Self.portCone])
            internet.move(1, behind: [Self.portCone])
        }
    }
}
