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

    @Test("the relay that was given comes first in each round, then every other node, and none without TLS in its place")
    func rounds() throws {
        let first = try Self.url("https://relay.example.org")
        var route = FleetRoute(first)
        var random = SystemRandomNumberGenerator()
        #expect(!route.hasOthers && route.next(using: &random) == first && route.isRoundOver)
        route.learn(try Self.description(["https://one.example.org", "http://plain.example.org", "https://two.example.org", "nonsense", "https://relay.example.org"]))
        let others: Set = [try Self.url("https://one.example.org"), try Self.url("https://two.example.org")]
        for _ in 0..<3 {
            route.restart()
            #expect(route.next(using: &random) == first && !route.isRoundOver)
            #expect(Set([route.next(using: &random), route.next(using: &random)]) == others && route.isRoundOver)
        }
        let preferred = try Self.url("https://two.example.org")
        route.restart(with: preferred)
        #expect(route.next(using: &random) == preferred)
        #expect(route.next(using: &random) == first)
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
