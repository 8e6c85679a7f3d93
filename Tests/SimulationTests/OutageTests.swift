import ICE
import NetPrimitives
import Testing

/// What happens to a path after it was chosen.
@Suite struct OutageTests {
    private static let seeds = (0..<10).map { Seeds.seed("outage", $0) }

    private func connected(seed: UInt64) -> VirtualInternet {
        let home = VirtualInternet.Home(nats: [.cone(.addressAndPortDependent)])
        var internet = VirtualInternet((home, home), seed: seed)
        internet.run(for: .seconds(15)) { $0.areConnected }
        internet.forgetEvents()
        return internet
    }

    @Test(
        "consent checks keep a NAT's binding of thirty seconds open for ten minutes, and nothing is said",
        arguments: seeds)
    func tenMinutes(_ seed: UInt64) {
        var internet = connected(seed: seed)
        internet.run(for: .seconds(600))
        #expect(internet.peers.allSatisfy { $0.events.isEmpty }, "seed \(seed): \(internet.story)")
        internet.sendData([0xFF, 1], from: 0)
        internet.sendData([0xFF, 2], from: 1)
        internet.run(for: .seconds(1))
        #expect(internet.peers[1].received == [[0xFF, 1]])
        #expect(internet.peers[0].received == [[0xFF, 2]])
    }

    @Test("a peer that is gone is noticed within nine seconds, and consent ends after thirty", arguments: seeds)
    func gone(_ seed: UInt64) {
        var internet = connected(seed: seed)
        internet.run(for: .seconds(20))
        let cut = internet.now
        internet.network.setConnected(false, internet.peers[1].host)
        internet.run(for: .seconds(9))
        let silences = internet.peers[0].events.filter { if case .pathSilent = $0.event { true } else { false } }
        #expect(silences.count == 1, "seed \(seed): \(internet.story)")
        #expect(internet.peers[0].agent.maySendData(at: internet.now))
        internet.run(for: .seconds(25))
        #expect(internet.peers[0].events.contains { $0.event == .consentLost }, "seed \(seed): \(internet.story)")
        #expect(!internet.peers[0].agent.maySendData(at: internet.now))
        internet.run(for: .seconds(200))
        #expect(internet.peers[0].agent.failure == .peerLost)
        #expect((internet.peers[0].events.last?.at ?? cut) - cut < .seconds(30 + 180 + 1))
    }

    @Test("an outage of a minute heals within seven seconds of its end", arguments: seeds)
    func healed(_ seed: UInt64) {
        var internet = connected(seed: seed)
        internet.run(for: .seconds(20))
        for peer in internet.peers { internet.network.setConnected(false, peer.host) }
        internet.run(for: .seconds(60))
        internet.forgetEvents()
        for peer in internet.peers { internet.network.setConnected(true, peer.host) }
        internet.run(for: .seconds(7))
        for peer in internet.peers {
            #expect(peer.events.map(\.event).contains(.pathRecovered), "seed \(seed): \(internet.story)")
            #expect(peer.events.map(\.event).contains(.consentRestored), "seed \(seed): \(internet.story)")
            #expect(peer.agent.maySendData(at: internet.now))
        }
    }

    @Test("a tenth of all packets lost for five minutes is no lost consent", arguments: seeds)
    func lossy(_ seed: UInt64) {
        var internet = connected(seed: seed)
        for peer in internet.peers { internet.network.setConditions(LinkConditions(loss: 0.1), of: peer.host) }
        internet.run(for: .seconds(300))
        let events = internet.peers.flatMap(\.events).map(\.event)
        #expect(!events.contains(.consentLost), "seed \(seed): \(internet.story)")
        #expect(internet.peers.allSatisfy { $0.agent.maySendData(at: internet.now) })
    }
}
