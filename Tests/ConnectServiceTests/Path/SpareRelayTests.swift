@testable import ConnectService
import NetPrimitives
import Rendezvous
import Testing

@Suite("SpareRelay")
struct SpareRelayTests {
    private let nodes: [RelayURL]
    private var home: RelayURL { nodes[0] }

    init() throws {
        nodes = try (1...3).map { try #require(RelayURL("https://n\($0).relay.example")) }
    }

    private func at(_ milliseconds: Int) -> Instant { .zero + .milliseconds(milliseconds) }

    private func spare() -> SpareRelay { SpareRelay(home: home, others: nodes, at: .zero) }

    /// One that has given an address at the second node, while the first carries.
    private func standing() -> SpareRelay {
        var spare = spare()
        spare.carried(by: home, at: .zero)
        #expect(spare.next(at: at(2000)) == .ask(nodes[1]))
        spare.succeeded(nodes[1])
        return spare
    }

    @Test("a path without a relay has no spare")
    func unneeded() {
        var spare = spare()
        #expect(spare.nextDeadline == nil)
        spare.carried(by: nil, at: .zero)
        #expect(spare.nextDeadline == nil && spare.next(at: at(60_000)) == nil)
    }

    @Test("a session that was relayed for a moment has none either")
    func momentary() {
        var spare = spare()
        spare.carried(by: home, at: .zero)
        #expect(spare.nextDeadline == at(2000) && spare.next(at: at(1999)) == nil)
        spare.carried(by: nil, at: at(1999))
        #expect(spare.nextDeadline == nil && spare.next(at: at(2000)) == nil)
    }

    @Test("one is asked for at another node than the one that carries, and no second one")
    func one() {
        var spare = standing()
        #expect(spare.nextDeadline == nil && spare.next(at: at(600_000)) == nil)
        #expect(spare.isWanted(nodes[1]) && !spare.isWanted(nodes[2]) && !spare.isWanted(home))
    }

    @Test("a relay that is alone has no spare")
    func alone() {
        var spare = SpareRelay(home: home, others: [home], at: .zero)
        spare.carried(by: home, at: .zero)
        #expect(spare.nextDeadline == nil && spare.next(at: at(60_000)) == nil)
    }

    @Test("when the spare carries, the next one is at a third node, and the first is asked last")
    func moved() {
        var spare = standing()
        spare.carried(by: nodes[1], at: at(10_000))
        #expect(spare.nextDeadline == at(12_000))
        #expect(spare.next(at: at(12_000)) == .ask(nodes[2]))
        spare.lost(nodes[2], at: at(12_100))
        #expect(spare.nextDeadline == at(13_100))
        #expect(spare.next(at: at(13_100)) == .ask(home))
        // What carries is not given back.
        #expect(spare.next(at: at(600_000)) == nil && spare.isWanted(nodes[1]))
    }

    @Test("a spare that carried, and does not any more, is given back when there is another")
    func formerSpare() {
        var spare = standing()
        spare.carried(by: nodes[1], at: at(10_000))
        #expect(spare.next(at: at(12_000)) == .ask(nodes[2]))
        spare.succeeded(nodes[2])
        spare.carried(by: home, at: at(20_000))
        #expect(spare.nextDeadline == at(30_000))
        #expect(spare.next(at: at(30_000)) == .letGo(nodes[1]))
        #expect(!spare.isWanted(nodes[1]) && spare.isWanted(nodes[2]) && spare.nextDeadline == nil)
    }

    @Test("when the path needs no relay any more, it is given back after a while")
    func release() {
        var spare = standing()
        spare.carried(by: nil, at: at(20_000))
        #expect(spare.nextDeadline == at(30_000) && spare.next(at: at(29_999)) == nil)
        #expect(spare.next(at: at(30_000)) == .letGo(nodes[1]))
        #expect(spare.nextDeadline == nil && !spare.isWanted(nodes[1]))
        // And had again when it does.
        spare.carried(by: home, at: at(40_000))
        #expect(spare.next(at: at(42_000)) == .ask(nodes[2]))
    }

    @Test("nodes that give none are asked one after the other, more and more seldom")
    func pauses() throws {
        var spare = spare()
        spare.carried(by: home, at: .zero)
        var now = at(2000)
        var pauses: [Duration] = []
        for number in 0..<12 {
            #expect(spare.next(at: now) == .ask(nodes[1 + number % 2]))
            spare.lost(nodes[1 + number % 2], at: now)
            let next = try #require(spare.nextDeadline)
            pauses.append(next - now)
            now = next
        }
        #expect(pauses.prefix(4) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        #expect(pauses.last == SpareRelay.longestPause)
    }

    @Test("in another network there is a new one, as for everything at relays")
    func network() {
        var spare = standing()
        spare.networkChanged(at: at(20_000))
        #expect(!spare.isWanted(nodes[1]) && spare.nextDeadline == at(22_000))
        #expect(spare.next(at: at(22_000)) == .ask(nodes[2]))
        // An answer from before is nothing.
        spare.lost(nodes[1], at: at(22_001))
        #expect(spare.isWanted(nodes[2]) && spare.nextDeadline == nil)
    }

    @Test("of as many nodes as a relay names, sixteen are known")
    func bound() throws {
        let many = try (0..<1000).map { try #require(RelayURL("https://m\($0).relay.example")) }
        var spare = SpareRelay(home: home, others: many, at: .zero)
        spare.carried(by: home, at: .zero)
        var asked: Set<RelayURL> = []
        var now = Instant.zero
        for _ in 0..<100 {
            guard let next = spare.nextDeadline else { break }
            now = next
            guard case .ask(let node)? = spare.next(at: now) else { break }
            asked.insert(node)
            spare.lost(node, at: now)
        }
        #expect(asked.count == SpareRelay.maximumNodes - 1)
    }
}
