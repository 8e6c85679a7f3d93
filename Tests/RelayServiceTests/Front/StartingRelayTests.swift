import NIOHTTP1
import NIOTransport
@testable import RelayService
import Testing

/// A relay that listens, and does not know its place in the fleet yet: what was written down then would be at no node.
@Suite("A relay that is starting")
struct StartingRelayTests {
    private static let routes = HTTPRoutes(
        name: "relay", realm: "relay", publicAuthority: nil, publicIsSecure: false, hasCertificate: false, udpPorts: [3478], tcpPorts: [3478],
        servesDialBack: false)

    private static func head(_ path: String, origin: String? = nil) -> HTTPRequestHead {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
        head.headers.add(name: "Host", value: "relay.example.org")
        if let origin { head.headers.add(name: "Origin", value: origin) }
        return head
    }

    @Test("takes nobody to the rendezvous or the contacts until it serves", arguments: ["/rendezvous", "/contacts"])
    func sockets(path: String) {
        let current = CurrentRoutes(CurrentOperation())
        #expect(!current.upgrades(Self.head(path)))
        current.set(Self.routes)
        #expect(current.upgrades(Self.head(path)))
        #expect(!current.upgrades(Self.head(path, origin: "https://elsewhere.example.org")))
        #expect(!current.upgrades(Self.head("/")))
    }

    @Test("says so on every page, and answers for its health")
    func pages() {
        let current = CurrentRoutes(CurrentOperation())
        #expect(current.respond(to: Self.head(RelayDescription.path)).status == .serviceUnavailable)
        #expect(current.respond(to: Self.head("/healthz")).status == .ok)
        current.set(Self.routes)
        #expect(current.respond(to: Self.head(RelayDescription.path)).status == .ok)
    }
}
