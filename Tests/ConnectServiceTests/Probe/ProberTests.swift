import CertificateSupport
import ConnectService
import NIOPosix
import NetPrimitives
import PortMapping
import Rendezvous
import Testing

@Suite("A whole probe, on loopback")
struct ProberTests {
    /// Asks no router: there is one on the developer's desk, and it is not ours.
    private func probe(
        _ port: UInt16, _ arguments: [PortArgument], scheme: String = "http", timeout: Duration = .seconds(300),
        proxy: String? = nil
    ) async throws -> ProbeReport {
        let relay = try #require(RelayURL("\(scheme)://127.0.0.1:\(port)"))
        let progress = ProbeProgress()
        let report = await Prober(
            Prober.Options(
                relay: relay, proxy: try ProxyChoice.rule(given: proxy ?? "none"), ports: arguments, timeout: timeout),
            patience: .generous, progress: progress,
            loop: FakeServer.loop, pool: .singleton, makeMapper: { request, _ in Mapper(request, gateways: []) }
        ).run()
        #expect(progress.waitingFor.isEmpty)
        return report
    }

    @Test("everything is open")
    func open() async throws {
        let relay = try await FakeServer.relay()
        let report = try await probe(relay.address.port, [PortArgument(port: relay.address.port)])
        #expect(report.ports.map { "\($0.target) \($0.outbound.name)" } == [
            "\(relay.address.port)/tcp open", "\(relay.address.port)/udp open",
        ])
        #expect(report.exitCode == .open)
        #expect(report.nat.mapping == .none)
        #expect(report.nat.reflexiveOverTCP?.ip == .loopbackV4)
        #expect(report.advice.isEmpty)
        await relay.close()
    }

    @Test("without arguments the relay's own ports are checked; one that it names and that is closed is blocked")
    func defaultPorts() async throws {
        let closed = try await FakeServer.closedPort().port
        let relay = try await FakeServer.relay(others: [closed])
        let report = try await probe(relay.address.port, [])
        #expect(report.ports.map { "\($0.target) \($0.outbound.name)" } == [
            "\(relay.address.port)/tcp open", "\(relay.address.port)/udp open",
            "\(closed)/tcp blocked", "\(closed)/udp not-served",
        ])
        #expect(report.exitCode == .notOpen)
        await relay.close()
    }

    @Test("a port that the relay does not name is not served, unless it answers")
    func notServed() async throws {
        let relay = try await FakeServer.relay()
        let proxy = try await FakeServer.tcp(.says("HTTP/1.1 502 Bad Gateway\r\n\r\n"))
        let second = try await FakeServer.tcp(.relay(description: nil))
        let report = try await probe(
            relay.address.port,
            [proxy, second].map { PortArgument(port: $0.address.port, transport: .tcp) })
        #expect(report.ports.map(\.outbound.name) == ["not-served", "open"])
        #expect(report.exitCode == .notOpen)
        for server in [relay, proxy, second] { await server.close() }
    }

    @Test("a relay without a description is probed all the same")
    func noDescription() async throws {
        let bare = try await FakeServer.tcp(.relay(description: nil))
        let closed = try await FakeServer.closedPort().port
        let report = try await probe(closed, [PortArgument(port: bare.address.port, transport: .tcp)])
        #expect(report.describedAt == nil)
        #expect(report.ports.map(\.outbound.name) == ["open"])
        #expect(report.exitCode == .open)
        await bare.close()
    }

    @Test("a certificate that is not to be trusted is reported, and no way around it is offered")
    func distrust() async throws {
        let impostor = try await FakeTLSRelay(try TestAuthority("Nobody").issue(["127.0.0.1"]))
        defer { impostor.close() }
        let bare = try await FakeServer.tcp(.relay(description: nil))
        let report = try await probe(impostor.port, [PortArgument(port: bare.address.port, transport: .tcp)], scheme: "https")
        #expect(report.ports.map(\.outbound.name) == ["open"])
        #expect(report.describedAt == nil)
        #expect(report.distrust?.hasPrefix("No authority that this computer trusts vouches for the certificate of") == true)
        #expect(report.advice.first == report.distrust && !report.advice.contains { $0.contains("http://") })
        #expect(report.expectedPath == .none)
        await bare.close()
    }

    @Test("a port that only a proxy leads to is open by it; the relay is not asked to dial who it does not see")
    func proxy() async throws {
        let relay = try await FakeServer.relay(dialsBack: true)
        let proxy = try await FakeProxy(.leads(to: relay.address.port))
        defer { proxy.close() }
        let closed = try await FakeServer.closedPort().port
        let report = try await probe(
            closed, [PortArgument(port: closed, transport: .tcp)], proxy: "http://anna:secret@\(proxy.description)")
        let row = try #require(report.ports.first)
        #expect(row.way == .proxy && row.directly?.name == "not-served")
        #expect(row.inbound == .untested(why: "The relay is reached through the proxy alone, so that it does not see where to dial."))
        #expect(report.proxy?.address == proxy.description && report.proxy?.password == .notWanted)
        #expect(report.proxy?.ports.map(\.outbound.name) == ["open", "open"])
        #expect(report.isDescribedThroughProxy && report.nat.reflexiveOverTCP == nil)
        #expect(report.exitCode == .open)
        #expect(!report.json.contains("anna") && !report.json.contains("secret"))
        await relay.close()
    }

    @Test("a proxy that lets nobody through is told by what it wants", arguments: [
        ("", "HTTP/1.1 407 Who\r\n\r\n", ProxyReport.Password.wanted, "asks for a password: write http://NAME:PASSWORD@"),
        ("anna:wrong@", "HTTP/1.1 407 Who\r\n\r\n", .refused, "does not take this name and password."),
        ("", "HTTP/1.1 403 No\r\n\r\n", .notWanted, "lets nobody connect to 127.0.0.1:"),
        ("", "SSH-2.0-OpenSSH_9.2p1\r\n", .unknown, "is no HTTP proxy."),
    ])
    func proxyTrouble(credentials: String, answer: String, password: ProxyReport.Password, words: String) async throws {
        let proxy = try await FakeProxy(.says(answer))
        defer { proxy.close() }
        let closed = try await FakeServer.closedPort().port
        let report = try await probe(
            closed, [PortArgument(port: closed, transport: .tcp)], proxy: "http://\(credentials)\(proxy.description)")
        #expect(report.proxy?.password == password)
        #expect(report.proxy?.ports.contains { $0.outbound.isOpen } == false)
        #expect(report.advice.last?.contains(words) == true, "\(report.advice)")
        #expect(report.exitCode == .unreachable && report.expectedPath == .none)
    }

    @Test("a relay that is found and not trusted is the reason why nobody was asked to dial")
    func untrusted() async throws {
        let impostor = try await FakeTLSRelay(try TestAuthority("Nobody").issue(["127.0.0.1"]))
        defer { impostor.close() }
        let free = try await FakeServer.closedPort().port
        let report = try await probe(impostor.port, [PortArgument(port: free, transport: .tcp)], scheme: "https")
        #expect(
            report.ports.first?.inbound == .untested(why: "Who answers as the relay is not trusted, and so was not asked to dial back."))
    }

    @Test("nobody is there: exit code 3")
    func unreachable() async throws {
        let closed = try await FakeServer.closedPort().port
        let report = try await probe(closed, [PortArgument(port: closed, transport: .tcp)])
        #expect(report.ports.map(\.outbound.name) == ["blocked"])
        #expect(report.exitCode == .unreachable)
        #expect(report.expectedPath == .none)
    }

    @Test("a timeout of next to nothing is kept, and every question has an answer", .timeLimit(.minutes(1)))
    func timeout() async throws {
        let relay = try await FakeServer.relay()
        let report = try await probe(relay.address.port, [PortArgument(port: 9)], timeout: .milliseconds(1))
        #expect(report.ports.map(\.target) == [ProbeTarget(port: 9, transport: .tcp), ProbeTarget(port: 9, transport: .udp)])
        #expect(report.ports.allSatisfy { $0.inbound.name == "untested" })
        await relay.close()
    }

    @Test("what the relay can dial is open from outside; a port in use, and one that it does not dial, are untested")
    func inbound() async throws {
        let relay = try await FakeServer.relay(dialsBack: true)
        let free = try await FakeServer.closedPort().port
        let used = try await FakeServer.tcp(.swallows)
        let report = try await probe(
            relay.address.port,
            [PortArgument(port: free), PortArgument(port: used.address.port, transport: .tcp)])
        #expect(report.ports.map { "\($0.target) \($0.inbound.name)" } == [
            "\(free)/tcp open", "\(free)/udp open", "\(used.address.port)/tcp untested",
        ])
        #expect(
            report.ports.last?.inbound.why
                == "\(used.address.port)/tcp is in use on this machine: end the program that has it, to have it tried.")
        #expect(report.nat.filtering == .portIndependent)
        for server in [relay, used] { await server.close() }
    }

    @Test("a relay that dials nobody leaves it untested, and says who can change that")
    func noDialBack() async throws {
        let relay = try await FakeServer.relay()
        let free = try await FakeServer.closedPort().port
        let report = try await probe(relay.address.port, [PortArgument(port: free, transport: .tcp)])
        #expect(report.ports.first?.inbound == .untested(why: "The relay does not dial back: whoever runs it can set dial-back = true."))
        await relay.close()
    }
}
