import ICE
import NetPrimitives
import Testing

/// First path first, then better (RFC 8445 §9): what comes late is used, and what dies is replaced.
@Suite struct BetterPathTests {
    private static let seeds = (0..<10).map { Seeds.seed("better path", $0) }
    private static let portCone = VirtualInternet.Home(nats: [.cone(.addressAndPortDependent)])
    private static let symmetric = VirtualInternet.Home(nats: [.symmetric])

    @Test("a port that a router opens seconds late is used, and no byte is lost on the way there", arguments: seeds)
    func lateDoor(_ seed: UInt64) {
        for signalling in [VirtualInternet.Signalling.rendezvous, .pathOnly] {
            var internet = VirtualInternet((Self.symmetric, Self.symmetric), seed: seed)
            internet.run(for: .seconds(15)) { $0.areConnected }
            internet.run(for: .seconds(4))
            #expect(internet.peers.allSatisfy { $0.agent.dataPair?.kind == .relayed }, "seed \(seed): \(internet.story)")
            internet.signalling = signalling
            internet.openPortLate(1)
            // Both send all the while.
            var sent: [[UInt8]] = []
            for number in UInt8(0)..<100 {
                sent.append([0xFF, number])
                for index in [0, 1] { internet.sendData([0xFF, number], from: index) }
                internet.run(for: .milliseconds(50))
            }
            internet.run(for: .seconds(1))
            for peer in internet.peers {
                #expect(peer.agent.active.selectedPair?.kind == .mapped, "seed \(seed): \(internet.story)")
                #expect(peer.agent.generation == 1, "seed \(seed): \(internet.story)")
                #expect(peer.received.sorted { $0[1] < $1[1] } == sent, "seed \(seed): \(internet.story)")
            }
            #expect(internet.disagreement == nil)
        }
    }

    @Test("data flows on a relayed pair before the choice, and a punched one takes over", arguments: seeds)
    func firstPathFirst(_ seed: UInt64) {
        var internet = VirtualInternet((Self.symmetric, Self.symmetric), seed: seed)
        let first = internet.timeToCarryData(within: .milliseconds(900))
        #expect(first != nil, "seed \(seed): \(internet.story)")
        #expect(!internet.areConnected, "seed \(seed): \(internet.story)")
    }

    @Test("when the punched path dies, data flows by the relay within two seconds, and both agree on it", arguments: seeds)
    func death(_ seed: UInt64) {
        for signalling in [VirtualInternet.Signalling.rendezvous, .pathOnly] {
            var internet = VirtualInternet((Self.portCone, Self.portCone), seed: seed)
            internet.run(for: .seconds(15)) { $0.areConnected }
            internet.run(for: .seconds(10))
            #expect(internet.peers.allSatisfy { $0.agent.dataPair?.kind == .punched }, "seed \(seed): \(internet.story)")
            internet.forgetEvents()
            internet.signalling = signalling
            internet.separate()
            let replaced = internet.timeToCarryData(within: .seconds(2))
            #expect(replaced != nil, "seed \(seed): \(internet.story)")
            internet.run(for: .seconds(15))
            #expect(internet.disagreement == nil, "seed \(seed): \(internet.story)")
            for peer in internet.peers {
                #expect(peer.agent.active.selectedPair?.kind == .relayed, "seed \(seed): \(internet.story)")
                #expect(!peer.events.map(\.event).contains(.pathLost), "seed \(seed): \(internet.story)")
            }
        }
    }
}
