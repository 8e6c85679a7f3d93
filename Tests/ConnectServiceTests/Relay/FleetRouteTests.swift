@testable import ConnectService
import Rendezvous
import Testing

@Suite("The way to a fleet's nodes")
struct FleetRouteTests {
    static func description(_ nodes: [String]?) throws -> RelayDescription {
        let named = nodes.map { #","nodes":["# + $0.map { "\"\($0)\"" }.joined(separator: ",") + "]" } ?? ""
        let json = #"{"version":1,"name":"r","realm":"r","rendezvous":"wss://r/rendezvous","stun":[],"turn":[],"probe":{"ports":[]}"# + named + "}"
        return try RelayDescription(json: Array(json.utf8))
    }

    static func url(_ text: String) throws -> RelayURL { try #require(RelayURL(text)) }

    @Test("the relay that was given comes first, then every other node, none without TLS in its place, and last the one that was lost")
    func rounds() throws {
        let first = try Self.url("https://relay.example.org")
        var route = FleetRoute(first)
        var random = SystemRandomNumberGenerator()
        #expect(!route.hasOthers && route.round(after: first, using: &random) == [first])
        route.learn(try Self.description(["https://one.example.org", "http://plain.example.org", "https://two.example.org", "nonsense", "https://relay.example.org"]))
        let others: Set = [try Self.url("https://one.example.org"), try Self.url("https://two.example.org")]
        for _ in 0..<3 {
            let round = route.round(using: &random)
            #expect(round.count == 3 && round.first == first && Set(round.dropFirst()) == others)
        }
        let (one, two) = (try Self.url("https://one.example.org"), try Self.url("https://two.example.org"))
        #expect(route.round(after: first, using: &random).last == first)
        #expect(route.round(preferring: two, after: first, using: &random) == [two, one, first])
        #expect(route.round(preferring: two, after: two, using: &random) == [two, first, one])
        let unknown = try Self.url("https://new.example.org")
        #expect(route.round(preferring: unknown, after: one, using: &random) == [unknown, first, two, one])
    }

    @Test("a relay of before names no nodes, and one that is alone forgets none that were known")
    func unnamed() throws {
        var route = FleetRoute(try Self.url("http://relay.example.org"))
        route.learn(try Self.description(nil))
        #expect(!route.hasOthers)
        route.learn(try Self.description(["http://one.example.org", "https://two.example.org"]))
        route.learn(try Self.description([]))
        #expect(route.hasOthers)
    }
}
