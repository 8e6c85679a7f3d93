@testable import ConnectService
import NetPrimitives
import Rendezvous
import Session
import Testing

@Suite("The way to the node where the other side waits")
struct NodeSearchTests {
    private static let relay = RelayURL("https://relay.example.org")!
    private static let nodes = (1...9).map { RelayURL("https://node\($0).example.org")! }
    private static let start = Instant.zero + .seconds(1000)
    private static let lost = FlowError(.relayLost, "It does not answer.")

    /// A step in a few words.
    private static func text(_ step: NodeSearch.Step) -> String {
        switch step {
        case .go: "go"
        case .again(let pause, let isFirst): "again after \(pause)\(isFirst ? ", told" : "")"
        case .goBack(let pause): "back after \(pause)"
        case .giveUp(let error): "give up: \(error.reason.rawValue)"
        }
    }

    @Test("another node that is named is asked at once, and five in a row are a circle")
    func elsewhere() {
        var search = NodeSearch(at: Self.relay)
        for node in Self.nodes.prefix(4) {
            #expect(Self.text(search.elsewhere(node)) == "go")
            #expect(search.place == node && !search.isPaused)
        }
        #expect(Self.text(search.elsewhere(Self.nodes[4])) == "give up: error")
    }

    @Test("what was asked with TLS is never asked without")
    func plain() {
        var search = NodeSearch(at: Self.relay)
        #expect(Self.text(search.elsewhere(RelayURL("http://node1.example.org")!)) == "give up: error")
        #expect(search.place == Self.relay)
    }

    @Test("a look-up that cannot be answered is made again each second for ten seconds, which is said once")
    func unanswered() {
        var search = NodeSearch(at: Self.relay)
        for number in 1...10 {
            #expect(Self.text(search.unanswered(.unavailable)) == (number == 1 ? "again after 1.0 seconds, told" : "again after 1.0 seconds"))
            #expect(search.isPaused)
            search.goOn()
            #expect(!search.isPaused)
        }
        #expect(Self.text(search.unanswered(.unavailable)) == "give up: relay-lost")
    }

    @Test("a node that does not answer is left alone for two seconds, and the first relay is asked for another")
    func unreachable() {
        var search = NodeSearch(at: Self.relay)
        for node in Self.nodes.prefix(4) {
            _ = search.elsewhere(node)
            #expect(Self.text(search.unreachable(Self.lost, at: Self.start)) == "back after 2.0 seconds")
            #expect(search.place == Self.relay && search.isPaused)
            search.goOn()
        }
        // There is nowhere else to ask, but the first relay may be starting anew.
        #expect(Self.text(search.unreachable(Self.lost, at: Self.start)) == "back after 1.0 seconds")
        #expect(Self.text(search.unreachable(Self.lost, at: Self.start + NodeSearch.trouble)) == "give up: relay-lost")
    }

    @Test("a relay that has answered, and is away while look-ups remain, is asked again each second for ten seconds")
    func restarting() {
        var search = NodeSearch(at: Self.relay)
        _ = search.unanswered(.unavailable)
        search.goOn()
        for second in 0..<10 {
            #expect(Self.text(search.unreachable(Self.lost, at: Self.start + .seconds(second))) == "back after 1.0 seconds")
            #expect(search.place == Self.relay && search.isPaused)
            search.goOn()
        }
        #expect(Self.text(search.unreachable(Self.lost, at: Self.start + .seconds(10))) == "give up: relay-lost")
    }

    @Test("of a fleet the other nodes are asked in its place, and one of them that is away as well leads back")
    func others() throws {
        var description = try RelayDescription(
            json: Array(#"{"version":1,"name":"","realm":"","rendezvous":"","stun":[],"turn":[],"probe":{"ports":[]}}"#.utf8))
        description.nodes = ["https://node1.example.org", "https://node2.example.org", "http://node3.example.org"]
        var search = NodeSearch(at: Self.relay)
        search.learn(description)
        _ = search.unanswered(.unavailable)
        var places: [RelayURL] = []
        for _ in 0..<4 {
            _ = search.unreachable(Self.lost, at: Self.start)
            places.append(search.place)
            search.goOn()
        }
        #expect(Self.nodes.prefix(2).contains(places[0]) && places[1] == Self.relay)
        #expect(Set([places[0], places[2]]) == Set(Self.nodes.prefix(2)) && places[3] == Self.relay)
    }

    @Test("the first relay that does not answer is the end")
    func first() {
        var search = NodeSearch(at: Self.relay)
        #expect(Self.text(search.unreachable(Self.lost, at: Self.start)) == "give up: relay-lost")
    }

    @Test("a node's death takes as long as the fleet needs to notice: all pauses together last longer than the ten seconds in which it does")
    func patience() {
        #expect(NodeSearch.pause * NodeSearch.maximumLaters >= .seconds(10))
        #expect(NodeSearch.absence * NodeSearch.maximumReturns >= .seconds(6))
    }
}
