import Foundation
import NIOHTTP1
import NIOTransport
@testable import RelayService
import Rendezvous
import Testing

/// A node of a fleet has two names: the one that all nodes share, and its own.
@Suite("What a relay calls itself")
struct DescribedNamesTests {
    private struct Told: Decodable {
        var rendezvous: String
        var contacts: String
        var stun: [String]
    }

    private static func told(host: String, own: String?) throws -> Told {
        let routes = HTTPRoutes(
            name: "relay", realm: "relay", publicAuthority: HTTPAuthority("relay.example.org"), publicIsSecure: true, hasCertificate: false,
            udpPorts: [3478], tcpPorts: [3478], servesDialBack: false, ownURL: own.flatMap { RelayURL($0) })
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: RelayDescription.path)
        head.headers.add(name: "Host", value: host)
        return try JSONDecoder().decode(Told.self, from: Data(routes.respond(to: head).body))
    }

    @Test("is the public name, unless it was asked by its own", arguments: [
        ("relay.example.org", "https://node2.example.org:8443", "wss://relay.example.org", "relay.example.org"),
        ("node2.example.org", "https://node2.example.org:8443", "wss://relay.example.org", "relay.example.org"),
        ("Node2.example.org:8443", "https://node2.example.org:8443", "wss://Node2.example.org:8443", "Node2.example.org"),
        ("node2.example.org:8443", "http://node2.example.org:8443", "ws://node2.example.org:8443", "node2.example.org"),
        ("10.0.0.1", nil, "wss://relay.example.org", "relay.example.org"),
    ])
    func names(_ host: String, _ own: String?, _ place: String, _ stun: String) throws {
        let told = try Self.told(host: host, own: own)
        #expect(told.rendezvous.hasPrefix(place + "/") && told.contacts.hasPrefix(place + "/"))
        #expect(told.stun == ["stun:\(stun):3478"])
    }
}
