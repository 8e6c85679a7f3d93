import ICE
import NetPrimitives
import Testing

/// Homes that are not simply two NATs on one internet.
@Suite struct TopologyTests {
    private static let seeds = (0..<20).map { Seeds.seed("topology", $0) }
    private static let portCone = NATBehavior.cone(.addressAndPortDependent)

    private func expect(
        _ kind: PathKind, _ internet: VirtualInternet, seed: UInt64, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(internet.disagreement == nil, "seed \(seed): \(internet.story)", sourceLocation: sourceLocation)
        #expect(
            internet.peers[0].agent.active.selectedPair?.kind == kind, "seed \(seed): \(internet.story)",
            sourceLocation: sourceLocation)
    }

    private func connected(_ internet: VirtualInternet, within limit: Duration = .seconds(15)) -> VirtualInternet {
        var internet = internet
        internet.run(for: limit) { $0.areConnected }
        internet.run(for: .milliseconds(300))
        return internet
    }

    @Test("two hosts at home meet directly, whatever their router is", arguments: seeds)
    func sameHome(_ seed: UInt64) {
        for nat in [Self.portCone, .symmetric, .blocked] {
            let home = VirtualInternet.Home(nats: [nat])
            expect(.direct, connected(VirtualInternet((home, home), isSameHome: true, seed: seed)), seed: seed)
        }
    }

    @Test("two homes behind one provider's NAT meet by its hairpin", arguments: seeds)
    func hairpin(_ seed: UInt64) {
        let home = VirtualInternet.Home(nats: [Self.portCone])
        var provider = NATBehavior.cone(.endpointIndependent)
        provider.hairpins = true
        expect(.punched, connected(VirtualInternet((home, home), sharedProvider: provider, seed: seed)), seed: seed)
    }

    @Test("without a hairpin only the relay is left to them", arguments: seeds)
    func noHairpin(_ seed: UInt64) {
        let home = VirtualInternet.Home(nats: [Self.portCone])
        let provider = NATBehavior.cone(.endpointIndependent)
        expect(.relayed, connected(VirtualInternet((home, home), sharedProvider: provider, seed: seed)), seed: seed)
    }

    @Test(
        "two NATs in a row are punched like one; a port opened at the inner one helps nobody outside", arguments: seeds)
    func doubleNAT(_ seed: UInt64) {
        for opensPort in [false, true] {
            let left = VirtualInternet.Home(nats: [Self.portCone, Self.portCone], opensPort: opensPort)
            let right = VirtualInternet.Home(nats: [Self.portCone])
            expect(.punched, connected(VirtualInternet((left, right), seed: seed)), seed: seed)
        }
    }

    @Test("a symmetric carrier outside an obedient router makes a symmetric NAT of both", arguments: seeds)
    func symmetricCarrier(_ seed: UInt64) {
        let left = VirtualInternet.Home(nats: [Self.portCone, .symmetric])
        let right = VirtualInternet.Home(nats: [Self.portCone])
        expect(.relayed, connected(VirtualInternet((left, right), seed: seed)), seed: seed)
    }

    @Test("two agents that both want to control, or neither, agree", arguments: seeds)
    func roleConflict(_ seed: UInt64) {
        for role in [Role.controlling, .controlled] {
            let home = VirtualInternet.Home(nats: [Self.portCone])
            let internet = connected(VirtualInternet((home, home), roles: (role, role), seed: seed))
            expect(.punched, internet, seed: seed)
            #expect(internet.peers[0].agent.active.role != internet.peers[1].agent.active.role, "seed \(seed)")
        }
    }

    @Test("without a relay two symmetric NATs fail, on both sides, with a report", arguments: seeds)
    func failure(_ seed: UInt64) {
        let home = VirtualInternet.Home(nats: [.symmetric])
        var internet = VirtualInternet((home, home), hasRelay: false, seed: seed)
        let ended = internet.run(for: .seconds(40)) { $0.peers.allSatisfy { $0.agent.active.failure != nil } }
        #expect(ended, "seed \(seed): \(internet.story)")
        for peer in internet.peers {
            #expect(peer.agent.active.failure == .noPairSucceeded)
            #expect(peer.agent.active.report(at: internet.now).allSatisfy { $0.result == .failed && $0.why == "no answer" })
            #expect(!peer.agent.active.report(at: internet.now).isEmpty)
            #expect(peer.agent.nextDeadline == nil)
        }
    }

    @Test("each connects within three seconds, and a quiet network within one unless it is relayed", arguments: seeds)
    func quickness(_ seed: UInt64) {
        for (nat, limit) in [(Self.portCone, Duration.milliseconds(1000)), (.symmetric, .milliseconds(2500))] {
            let home = VirtualInternet.Home(nats: [nat])
            var internet = VirtualInternet((home, home), seed: seed)
            #expect(internet.run(for: limit) { $0.areConnected }, "seed \(seed): \(internet.story)")
        }
    }
}
