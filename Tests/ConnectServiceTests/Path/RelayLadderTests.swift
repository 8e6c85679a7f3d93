@testable import ConnectService
import NetPrimitives
import Testing

@Suite("RelayLadder")
struct RelayLadderTests {
    private static func server(_ transport: RelayServer.Transport, _ port: UInt16, proxy: Bool = false) -> RelayServer {
        var server = RelayServer(host: "127.0.0.1", port: port, ip: .loopbackV4, transport: transport)
        if proxy, let proxy = HTTPProxy("proxy:3128") { server.route = .proxy(proxy) }
        return server
    }

    /// As a relay with three ports and a certificate names them.
    private let servers = [3478, 3389, 1863].flatMap { port in
        [RelayServer.Transport.udp, .tcp, .tls].map { server($0, port) }
    }

    private func at(_ milliseconds: Int) -> Instant { .zero + .milliseconds(milliseconds) }

    private func take(_ ladder: inout RelayLadder, at now: Instant) -> [RelayServer] {
        var taken: [RelayServer] = []
        while let server = ladder.next(at: now) { taken.append(server) }
        return taken
    }

    @Test("the first of every kind is asked at once, all others a step later")
    func steps() {
        var ladder = RelayLadder(servers + [Self.server(.tcp, 443, proxy: true)], at: .zero)
        #expect(take(&ladder, at: .zero).map(\.port) == [3478, 3478, 3478, 443])
        #expect(ladder.nextDeadline == at(300))
        #expect(take(&ladder, at: at(299)) == [])
        #expect(take(&ladder, at: at(300)) == Array(servers.dropFirst(3)))
        #expect(!ladder.isDone)
    }

    @Test("both families of addresses are kinds of their own")
    func families() {
        var six = Self.server(.udp, 3478)
        six.ip = IPAddress("2001:db8::1")
        var ladder = RelayLadder([six, Self.server(.udp, 3478)], at: .zero)
        #expect(take(&ladder, at: .zero).count == 2)
    }

    @Test("UDP ends it at once: nothing is better")
    func bestSuccess() {
        var ladder = RelayLadder(servers, at: .zero)
        _ = take(&ladder, at: .zero)
        ladder.succeeded(servers[0], at: at(20))
        #expect(ladder.isDone && ladder.nextDeadline == nil)
        #expect(!ladder.isWanted(servers[1]))
        #expect(take(&ladder, at: at(1000)) == [])
    }

    @Test("after TLS the better ones may still come, for a second")
    func worseSuccess() {
        var ladder = RelayLadder(servers, at: .zero)
        _ = take(&ladder, at: .zero)
        ladder.succeeded(Self.server(.tls, 3478), at: at(40))
        #expect(ladder.isWanted(Self.server(.tcp, 3478)) && ladder.isWanted(Self.server(.udp, 3478)))
        #expect(take(&ladder, at: at(300)).map(\.transport) == [.udp, .tcp, .udp, .tcp])
        ladder.succeeded(Self.server(.tcp, 3389), at: at(400))
        #expect(!ladder.isWanted(Self.server(.tcp, 1863)) && ladder.isWanted(Self.server(.udp, 1863)))
        #expect(!ladder.isDone)
        #expect(ladder.nextDeadline == at(1040))
        ladder.handleTimeout(at: at(1040))
        #expect(ladder.isDone)
    }

    @Test("a failure asks the others of its kind at once")
    func failure() {
        var ladder = RelayLadder(servers, at: .zero)
        _ = take(&ladder, at: .zero)
        ladder.failed(Self.server(.tcp, 3478), at: at(1))
        #expect(take(&ladder, at: at(1)) == [Self.server(.tcp, 3389), Self.server(.tcp, 1863)])
    }

    @Test("when all have failed, or are silent, it is over")
    func over() {
        var ladder = RelayLadder(servers, at: .zero)
        _ = take(&ladder, at: at(300))
        for server in servers { ladder.failed(server, at: at(301)) }
        #expect(ladder.isDone)
        var silent = RelayLadder(servers, at: .zero)
        _ = take(&silent, at: at(300))
        #expect(silent.nextDeadline == at(10_000))
        silent.handleTimeout(at: at(10_000))
        #expect(silent.isDone)
    }

    @Test("a server that is named in another's place is asked at once, before the others")
    func redirection() {
        var ladder = RelayLadder(servers, at: .zero)
        _ = take(&ladder, at: .zero)
        let other = servers[0].alternate(TransportAddress(ip: .loopbackV4, port: 9))
        ladder.redirected(servers[0], to: other, at: at(1))
        #expect(take(&ladder, at: at(1)) == [other])
        ladder.succeeded(servers[1], at: at(2))
        ladder.redirected(servers[2], to: Self.server(.tls, 9), at: at(3))
        #expect(take(&ladder, at: at(3)) == [])
    }

    @Test("servers that send people to each other are asked once, and a chain of them has an end")
    func redirectionLoop() {
        var ladder = RelayLadder([servers[0]], at: .zero)
        var asked: [UInt16] = []
        while let server = ladder.next(at: .zero) {
            asked.append(server.port)
            let other = TransportAddress(ip: .loopbackV4, port: server.port == 9 ? 3478 : 9)
            ladder.redirected(server, to: server.alternate(other), at: .zero)
        }
        #expect(asked == [3478, 9])
        #expect(ladder.isDone)
        var chain = RelayLadder([servers[0]], at: .zero)
        var length = 0
        while let server = chain.next(at: .zero) {
            length += 1
            chain.redirected(server, to: server.alternate(TransportAddress(ip: .loopbackV4, port: server.port + 1)), at: .zero)
        }
        #expect(length == 1 + RelayLadder.maximumRedirections)
        #expect(chain.isDone)
    }

    @Test("without servers there is nothing to wait for")
    func empty() { #expect(RelayLadder([], at: .zero).isDone) }
}
