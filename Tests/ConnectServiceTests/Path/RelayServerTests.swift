@testable import ConnectService
import NIOPosix
import NetPrimitives
import Rendezvous
import Testing

@Suite("RelayServer")
struct RelayServerTests {
    /// What comes of a relay's list; `foundAt` is the port that has answered.
    private func resolve(_ uris: [String], foundAt port: UInt16 = 3478, proxy: ProxyRule? = nil) async throws -> [RelayServer] {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        defer { pool.shutdownGracefully { _ in } }
        let list = uris.map { "\"\($0)\"" }.joined(separator: ",")
        let description = try RelayDescription(
            json: Array(
                #"{"version":1,"name":"","realm":"","rendezvous":"","stun":[],"turn":[\#(list)],"probe":{"ports":[]}}"#.utf8))
        let relay = RelayDiscovery.Relay(
            endpoint: RelayEndpoint(isSecure: true, host: "192.0.2.1", port: port), route: .direct, description: description)
        return await RelayServer.resolve(relay, proxy: proxy, resolver: NameResolver(pool: pool))
    }

    private func texts(_ servers: [RelayServer]) -> [String] {
        servers.map { "\($0.transport) \($0.port)\($0.route == .direct ? "" : " by proxy")" }
    }

    @Test("ports are asked about at more than one server over UDP, of each family, and not at many")
    func reflexive() async throws {
        let servers = try await resolve(
            ["turn:192.0.2.1:3478?transport=tcp"] + [3478, 3389, 1863, 443].map { "turn:192.0.2.1:\($0)?transport=udp" }
                + ["turn:[2001:db8::1]:3478?transport=udp", "turn:192.0.2.1:3478?transport=udp"])
        #expect(
            RelayServer.reflexive(servers).map { "\($0)" } == [
                "192.0.2.1:3478", "192.0.2.1:3389", "192.0.2.1:1863", "[2001:db8::1]:3478",
            ])
    }

    @Test("each is named once, TURN over DTLS is left out, and the port that got out over TCP comes first")
    func order() async throws {
        let servers = try await resolve(
            [
                "turn:192.0.2.1:3478?transport=udp", "turn:192.0.2.1:3389?transport=udp", "turn:192.0.2.1:3478?transport=tcp",
                "turn:192.0.2.1:3389?transport=tcp", "turn:192.0.2.1:3389?transport=tcp", "turns:192.0.2.1:3478?transport=tcp",
                "turns:192.0.2.1:3389?transport=tcp", "turns:192.0.2.1:5349?transport=udp", "stun:192.0.2.1:3478",
            ], foundAt: 3389)
        #expect(texts(servers) == ["tcp 3389", "tls 3389", "udp 3478", "udp 3389", "tcp 3478", "tls 3478"])
    }

    @Test("through a proxy goes what is a stream, by the name that only the proxy may know")
    func proxied() async throws {
        let proxy = ProxyRule(try #require(HTTPProxy("proxy:3128")))
        let uris = ["udp", "tcp"].map { "turn:nobody-knows-it.invalid:3478?transport=\($0)" }
        let servers = try await resolve(uris + ["turns:192.0.2.1:443"], proxy: proxy)
        #expect(texts(servers) == ["tcp 3478 by proxy", "tls 443", "tls 443 by proxy"])
        #expect(servers[0].host == "nobody-knows-it.invalid" && servers[0].ip == nil && servers[0].address == nil)
        #expect(servers.map(\.rank) == [3, 2, 4])
    }

    @Test("services of our own machine, and of the proxy's, are nobody's relay")
    func implausible() async throws {
        let proxy = ProxyRule(try #require(HTTPProxy("proxy:3128")))
        let uris = [
            "127.0.0.1", "localhost", "[::1]", "169.254.1.1", "0.0.0.0", "[::]", "[::ffff:0.0.0.0]", "224.0.0.1", "[fe80::1]",
            "localhost.", "LOCALHOST", "relay.localhost", "localhost.localdomain", "ip6-localhost", "127.1", "0x7f000001", "2130706433",
            "relay.0x7f", "a.1.", ".", #"relay\r\nX-Header: x"#, "[fe80::1%eth0]",
        ]
        for uri in uris { #expect(try await resolve(["turn:\(uri):25?transport=tcp"], proxy: proxy) == [], "\(uri)") }
        #expect(try await resolve(["turn:relay.invalid:25?transport=tcp"], proxy: proxy).count == 1)
    }

    @Test("a host that is reached without the proxy is not asked for through it", arguments: [
        ("relay-2.invalid", ["tcp 3478 by proxy"]), ("relay-1.invalid,relay-2.invalid:3478", []), ("*", []), ("", ["tcp 3478 by proxy", "tcp 3478 by proxy"]),
    ])
    func exceptions(list: String, expected: [String]) async throws {
        let proxy = ProxyRule(try #require(HTTPProxy("proxy:3128")), except: ProxyExceptions(list))
        let servers = try await resolve([1, 2].map { "turn:relay-\($0).invalid:3478?transport=tcp" }, proxy: proxy)
        #expect(texts(servers) == expected)
    }

    @Test("nor is another server plausible that a relay names in its place, when none of the internet can be there", arguments: [
        ("192.0.2.2", true), ("127.0.0.1", false), ("::1", false), ("0.0.0.0", false), ("::", false), ("::ffff:0.0.0.0", false),
        ("169.254.1.1", false), ("224.0.0.1", false), ("ff02::1", false), ("fe80::1", false),
    ])
    func alternates(address: String, isPlausible: Bool) throws {
        let ip = try #require(IPAddress(address))
        let server = RelayServer(host: "192.0.2.1", port: 3478, ip: IPAddress("192.0.2.1"), transport: .udp)
        #expect(server.isPlausible(alternate: TransportAddress(ip: ip, port: 3478)) == isPlausible)
        let trial = RelayServer(host: "127.0.0.1", port: 3478, ip: .loopbackV4, transport: .udp)
        #expect(trial.isPlausible(alternate: TransportAddress(ip: ip, port: 3478)) == (isPlausible || ip.isLoopback))
    }

    @Test("a list without end yields no more than the limit")
    func bounded() async throws {
        let proxy = ProxyRule(try #require(HTTPProxy("proxy:3128")))
        let servers = try await resolve((1...5000).map { "turn:192.0.2.1:\($0)?transport=tcp" }, proxy: proxy)
        #expect(servers.count == RelayServer.maximumServers)
    }
}
