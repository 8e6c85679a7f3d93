import CertificateSupport
@testable import ConnectService
import Foundation
import NIOCore
import NIOPosix
import NetPrimitives
import Rendezvous
import Testing
import X509

@Suite("ProxyTunnel")
struct ProxyTunnelTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()
    /// A relay's address where nobody listens.
    private let nowhere = "http://127.0.0.1:9"

    private func trust(_ url: String, roots: [TestAuthority] = []) throws -> RelayTrust {
        let known = KnownRelays(path: FileManager.default.temporaryDirectory.path + "/ra-\(UUID().uuidString)/known-relays")
        return RelayTrust(try #require(RelayURL(url)), known: known, roots: CertificateStore(roots.map(\.certificate)), say: { _ in })
    }

    /// One that a slow machine does not end.
    private func discovery(_ trust: RelayTrust, _ routes: [StreamRoute]) -> RelayDiscovery {
        RelayDiscovery(trust: trust, routes: routes, patience: .minutes(5), loop: loop)
    }

    private func route(_ proxy: FakeProxy, password: String = "") throws -> StreamRoute {
        .proxy(try #require(HTTPProxy("http://\(password)\(proxy.description)")))
    }

    private func failure(_ behaviour: FakeProxy.Behaviour, timeout: TimeAmount = .minutes(5)) async throws -> ProxyFailure.Reason? {
        let proxy = try await FakeProxy(behaviour)
        defer { proxy.close() }
        do {
            let channel = try await route(proxy).connect(to: "192.0.2.1", port: 443, timeout: timeout, loop: loop) { _ in }.get()
            try await channel.close()
            return nil
        } catch {
            return (error as? ProxyFailure)?.reason
        }
    }

    @Test("TLS, HTTP and the relay's description go through a tunnel, and the proxy sees the password and no more")
    func tunnel() async throws {
        let authority = try TestAuthority()
        let relay = try await FakeTLSRelay(try authority.issue(["127.0.0.1"]))
        defer { relay.close() }
        let proxy = try await FakeProxy(.connects(to: [relay.port]))
        defer { proxy.close() }
        let trust = try trust("https://127.0.0.1:\(relay.port)", roots: [authority])
        let route = try route(proxy, password: "anna:secret@")
        let found = try await discovery(trust, [route]).find()
        #expect(found.route == route)
        #expect(found.description.name == "fake")
        let target = "127.0.0.1:\(relay.port)"
        let expected = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\nProxy-Authorization: Basic YW5uYTpzZWNyZXQ=\r\n\r\n"
        #expect(proxy.requests.first == expected)
    }

    @Test("a certificate that is not to be trusted is not, behind a proxy either")
    func interception() async throws {
        let relay = try await FakeTLSRelay(try TestAuthority("Proxy").issue(["127.0.0.1"]))
        defer { relay.close() }
        let proxy = try await FakeProxy(.connects(to: [relay.port]))
        defer { proxy.close() }
        let discovery = self.discovery(try trust("https://127.0.0.1:\(relay.port)"), [try route(proxy)])
        await #expect(throws: Distrust.self) { _ = try await discovery.find() }
    }

    @Test("a direct way on which somebody stands in between does not keep a good proxy from leading to the relay")
    func directInterception() async throws {
        let authority = try TestAuthority()
        let relay = try await FakeTLSRelay(try authority.issue(["127.0.0.1"]))
        defer { relay.close() }
        let blockPage = try await FakeTLSRelay(try TestAuthority("Firewall").issue(["127.0.0.1"]))
        defer { blockPage.close() }
        let proxy = try await FakeProxy(.leads(to: relay.port))
        defer { proxy.close() }
        let trust = try trust("https://127.0.0.1:\(blockPage.port)", roots: [authority])
        let route = try route(proxy)
        #expect(try await discovery(trust, [.direct, route]).find().route == route)
        await #expect(throws: Distrust.self) { _ = try await discovery(trust, [.direct]).find() }
        // When the proxy leads nowhere, what the person is told is the certificate.
        let dead = try await FakeProxy(.hangsUp)
        defer { dead.close() }
        let both = [.direct, try self.route(dead)]
        await #expect(throws: Distrust.self) { _ = try await discovery(trust, both).find() }
    }

    @Test("a direct way that is there is found beside a proxy that is not")
    func beside() async throws {
        let relay = try await FakeServer.relay()
        let proxy = try await FakeProxy(.swallows)
        defer { proxy.close() }
        let url = "http://127.0.0.1:\(relay.address.port)"
        let found = try await discovery(try trust(url), [.direct, route(proxy)]).find()
        #expect(found.route == .direct)
        await relay.close()
    }

    @Test("what a proxy answers instead of a tunnel is told apart")
    func answers() async throws {
        #expect(try await failure(.says("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")) == .passwordWanted)
        #expect(
            try await failure(.connects(to: [])) == .refused(status: 403, reason: "Forbidden", target: "192.0.2.1:443"))
        #expect(try await failure(.says("SSH-2.0-OpenSSH_9.2p1\r\n")) == .stranger)
        #expect(try await failure(.hangsUp) == .silent)
        #expect(try await failure(.swallows, timeout: .seconds(10)) == .silent)
        // RFC 9110 §15.2: there may be others before the final answer.
        #expect(try await failure(.says("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")) == nil)
    }

    @Test("a proxy that is not there is said to be so, and what to do about one that asks for a password")
    func sentences() async throws {
        let proxy = try await FakeProxy(.says("HTTP/1.1 407 No\r\n\r\n"))
        defer { proxy.close() }
        let gone = try await FakeProxy(.swallows)
        gone.close()
        for (route, words) in [
            (try route(proxy), "The proxy \(proxy.description) asks for a password: write http://NAME:PASSWORD@\(proxy.description) into "),
            (try route(gone), "The proxy \(gone.description) cannot be reached: Connection refused."),
        ] {
            let discovery = self.discovery(try trust(nowhere), [.direct, route])
            do {
                _ = try await discovery.find()
                Issue.record("a relay was found")
            } catch {
                #expect("\(error)".contains("No relay answers at") && "\(error)".contains(words), "\(error)")
            }
        }
    }
}
