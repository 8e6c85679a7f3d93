@testable import ConnectService
import Rendezvous
import Testing

@Suite("TURNURI")
struct TURNURITests {
    @Test("URIs of RFC 7064 and RFC 7065 are read", arguments: [
        ("turn:relay.example.org", "relay.example.org", 3478, TURNURI.Transport.udp),
        ("turn:192.0.2.1:3389?transport=tcp", "192.0.2.1", 3389, .tcp),
        ("turn:[2001:db8::1]:1863?transport=udp", "2001:db8::1", 1863, .udp),
        ("turns:relay.example.org", "relay.example.org", 5349, .tcp),
        ("stun:relay.example.org:3478", "relay.example.org", 3478, .udp),
    ] as [(String, String, UInt16, TURNURI.Transport)])
    func read(text: String, host: String, port: UInt16, transport: TURNURI.Transport) {
        let uri = TURNURI(text)
        #expect(uri?.host == host)
        #expect(uri?.port == port)
        #expect(uri?.transport == transport)
    }

    @Test("anything else is refused", arguments: [
        "", "turn:", "turn:?transport=udp", "http://example.org", "turn:a:0", "turn:a:65536", "turn:a:b", "turn:a:1:2",
        "turn:a?transport=sctp", "turn:a?x=1", "turn:[::1", "turn:[::1]3478",
    ])
    func refused(text: String) { #expect(TURNURI(text) == nil) }
}

@Suite("RelayDiscovery")
struct RelayDiscoveryTests {
    @Test("an https URL never falls back to plain")
    func secure() throws {
        let url = try #require(RelayURL("https://relay.example.org"))
        let endpoints = RelayDiscovery.fallbacks(for: url)
        #expect(endpoints.map(\.port) == [5349, 3478, 3389, 1863])
        #expect(endpoints.allSatisfy { $0.isSecure })
    }

    @Test("a plain URL falls back to TLS and to plain on every well-known port but its own")
    func plain() throws {
        let url = try #require(RelayURL("http://192.0.2.1:3478"))
        let endpoints = RelayDiscovery.fallbacks(for: url)
        #expect(endpoints.count == 9)
        #expect(!endpoints.contains(url.endpoint))
    }

    @Test("the parts of a URL are what is dialled", arguments: [
        ("https://relay.example.org", true, "relay.example.org", 443), ("http://192.0.2.1", false, "192.0.2.1", 80),
        ("http://[2001:db8::1]:3478", false, "2001:db8::1", 3478),
    ] as [(String, Bool, String, UInt16)])
    func endpoint(text: String, isSecure: Bool, host: String, port: UInt16) throws {
        let endpoint = try #require(RelayURL(text)).endpoint
        #expect(endpoint == RelayEndpoint(isSecure: isSecure, host: host, port: port))
    }

    @Test("an address as people write it is http on 3478, unless it says otherwise", arguments: [
        ("relay.example.org", "http://relay.example.org:3478"), ("192.0.2.1:5478", "http://192.0.2.1:5478"),
        ("[2001:db8::1]", "http://[2001:db8::1]:3478"), ("[2001:db8::1]:80", "http://[2001:db8::1]:80"),
        ("https://relay.example.org", "https://relay.example.org"),
    ])
    func asWritten(text: String, url: String) { #expect(RelayURL(asWritten: text)?.description == url) }

    @Test("what is no address is none", arguments: ["", "a b", "relay/path", "ftp://relay", "::1"])
    func notAnAddress(text: String) { #expect(RelayURL(asWritten: text) == nil) }

    @Test("a description without a field, of another version or of another kind is refused", arguments: [
        "", "{}", "[]", #"{"version":1}"#,
        #"{"version":2,"name":"r","realm":"r","rendezvous":"ws://r","web":null,"stun":[],"turn":[],"probe":{"ports":[]}}"#,
        #"{"version":1,"name":"r","realm":"r","rendezvous":"ws://r","web":null,"stun":[],"turn":[],"probe":{"ports":[-1]}}"#,
    ])
    func malformed(json: String) {
        #expect(throws: (any Error).self) { try RelayDescription(json: Array(json.utf8)) }
    }
}
