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

    @Test("a peer that is gone is noticed within nine seconds, and given up after 150", arguments: seeds)
    func gone(_ seed: UInt64) {
        var internet = connected(seed: seed)
        internet.run(for: .seconds(20))
        let cut = internet.now
        internet.network.setConnected(false, internet.peers[1].host)
        internet.run(for: .seconds(9))
        #expect(internet.peers[0].events.map(\.event) == [.pathLost], "seed \(seed): \(internet.story)")
        #expect(internet.peers[0].agent.maySendData(at: internet.now))
        internet.run(for: .seconds(25))
        #expect(!internet.peers[0].agent.maySendData(at: internet.now))
        internet.run(for: .seconds(200))
        #expect(internet.peers[0].events.map(\.event) == [.pathLost, .failed(.peerLost)])
        let end = (internet.peers[0].events.last?.at ?? cut) - cut
        #expect((.seconds(145)...(.seconds(152))).contains(end), "seed \(seed): \(end)")
    }

    @Test("an outage of two minutes ends nothing, and heals within two seconds of its end", arguments: seeds)
    func healed(_ seed: UInt64) {
        var internet = connected(seed: seed)
        internet.run(for: .seconds(20))
        for peer in internet.peers { internet.network.setConnected(false, peer.host) }
        internet.run(for: .seconds(120))
        internet.forgetEvents()
        for peer in internet.peers { internet.network.setConnected(true, peer.host) }
        let healed = internet.timeToCarryData(within: .seconds(2))
        #expect(healed != nil, "seed \(seed): \(internet.story)")
        for peer in internet.peers {
            guard case .path(_, .networkChanged)? = peer.events.first?.event else {
                Issue.record("seed \(seed): \(internet.story)")
                continue
            }
        }
        internet.run(for: .seconds(20))
        #expect(internet.disagreement == nil, "seed \(seed): \(internet.story)")
    }

    @Test("ten minutes of suspension of both are healed within two seconds", arguments: seeds)
    func suspended(_ seed: UInt64) {
        // A suspended host's clock stands still (CLOCK_MONOTONIC), the NATs' goes on: to the hosts it is an instant in
        // which every binding was lost.
        var internet = connected(seed: seed)
        internet.run(for: .seconds(20))
        for peer in internet.peers { internet.network.rebootRouter(of: peer.host) }
        let healed = internet.timeToCarryData(within: .seconds(2))
        #expect(healed != nil, "seed \(seed): \(internet.story)")
        internet.run(for: .seconds(60))
        #expect(internet.carriesData, "seed \(seed): \(internet.story)")
        #expect(internet.disagreement == nil, "seed \(seed): \(internet.story)")
    }

    @Test("a path that dies while the choice is still open is noticed, and heals like any other", arguments: seeds)
    func early(_ seed: UInt64) {
        for outage in [Duration.seconds(20), .seconds(120)] {
            let home = VirtualInternet.Home(nats: [.symmetric])
            var internet = VirtualInternet((home, home), seed: seed)
            #expect(internet.timeToCarryData(within: .seconds(2)) != nil, "seed \(seed): \(internet.story)")
            #expect(!internet.areConnected, "seed \(seed): \(internet.story)")
            for peer in internet.peers { internet.network.setConnected(false, peer.host) }
            internet.run(for: .seconds(10))
            for peer in internet.peers {
                #expect(peer.events.last?.event == .pathLost, "seed \(seed): \(internet.story)")
            }
            internet.run(for: outage - .seconds(10))
            for peer in internet.peers { internet.network.setConnected(true, peer.host) }
            #expect(internet.timeToCarryData(within: .seconds(2)) != nil, "seed \(seed): \(internet.story)")
            internet.run(for: .seconds(20))
            #expect(internet.disagreement == nil, "seed \(seed): \(internet.story)")
        }
    }

    @Test("two programs that were stopped for ten minutes, with a clock that went on, continue within two seconds", arguments: seeds)
    func stopped(_ seed: UInt64) {
        var internet = connected(seed: seed)
        internet.run(for: .seconds(20))
        for peer in internet.peers { internet.stop(peer.index) }
        internet.run(for: .seconds(600))
        for peer in internet.peers {
            internet.network.rebootRouter(of: peer.host)
            internet.goOn(peer.index)
        }
        let healed = internet.timeToCarryData(within: .seconds(2))
        #expect(healed != nil, "seed \(seed): \(internet.story)")
        internet.run(for: .seconds(60))
        #expect(internet.carriesData, "seed \(seed): \(internet.story)")
        #expect(internet.disagreement == nil, "seed \(seed): \(internet.story)")
    }

    @Test("a tenth of all packets lost for five minutes is no lost peer", arguments: seeds)
    func lossy(_ seed: UInt64) {
        var internet = connected(seed: seed)
        for peer in internet.peers { internet.network.setConditions(LinkConditions(loss: 0.1), of: peer.host) }
        internet.run(for: .seconds(300))
        #expect(!internet.peers.flatMap(\.events).map(\.event).contains(.pathLost), "seed \(seed): \(internet.story)")
        #expect(internet.peers.allSatisfy { $0.agent.maySendData(at: internet.now) })
    }
}
