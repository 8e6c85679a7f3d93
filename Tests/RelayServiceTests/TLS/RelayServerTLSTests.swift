import CertificateSupport
import Foundation
import Logging
import NIOSSL
import NetPrimitives
import Relay
@testable import RelayService
import STUN
import Testing

@Suite("RelayServer with a certificate, on loopback")
struct RelayServerTLSTests {
    private let folder = TemporaryFolder()

    private func configuration(_ change: (inout ServeConfiguration) -> Void) -> ServeConfiguration {
        var configuration = ServeConfiguration()
        configuration.listen = [.loopbackV4]
        let ports = freePorts(2)
        configuration.port = ports[0]
        configuration.alsoListen = []
        configuration.tlsPort = ports[1]
        configuration.stateDirectory = folder.path
        configuration.workers = 1
        change(&configuration)
        return configuration
    }

    private func run(
        _ configuration: ServeConfiguration, _ body: (RelayServer, ServeConfiguration) async throws -> Void
    ) async throws {
        let relay = try await RelayServer.start(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        do { try await body(relay, configuration) } catch {
            await relay.stop()
            throw error
        }
        await relay.stop()
    }

    private func bindingRequest() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return MessageBuilder(.request, .binding, transactionID: TransactionID(using: &random)).finish()
    }

    private func page(_ path: String) -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: relay.example.org\r\nConnection: close\r\n\r\n".utf8)
    }

    @Test("each port serves STUN and HTTP, plain and inside TLS", arguments: [0, 1])
    func everythingEverywhere(layers: Int) async throws {
        try await run(configuration { $0.tlsSelfSigned = true }) { relay, configuration in
            let tlsPort = try #require(configuration.tlsPort)
            #expect(relay.url == "https://127.0.0.1:\(tlsPort)")
            for port in [configuration.port, tlsPort] {
                let stun = try await TLSClient(port: port, tls: layers)
                stun.send(bindingRequest())
                let answer = await stun.receive { $0.count >= 32 }
                #expect(try Message(decoding: answer)[XORMappedAddress.self]?.address.ip == .loopbackV4)
                stun.close()
                let http = try await TLSClient(port: port, tls: layers)
                http.send(page("/.well-known/ra-relay"))
                let text = String(decoding: await http.receive { _ in false }, as: UTF8.self)
                #expect(text.contains("\"wss://relay.example.org/rendezvous\""))
                for transport in ["tcp", "udp"] {
                    #expect(text.contains("\"turns:relay.example.org:\(tlsPort)?transport=\(transport)\""))
                }
                #expect(text.contains("\"web\":\"https://relay.example.org/\""))
            }
        }
    }

    @Test("TLS 1.1, and TLS inside TLS, are refused")
    func refused() async throws {
        try await run(configuration { $0.tlsSelfSigned = true }) { _, configuration in
            for (layers, versions) in [(1, (.tlsv11, .tlsv11)), (2, (.tlsv12, .tlsv13))] as [(Int, (TLSVersion, TLSVersion))] {
                let client = try await TLSClient(port: configuration.port, tls: layers, versions: versions)
                client.send(bindingRequest())
                #expect(await client.receive { _ in false } == [])
                #expect(client.isClosed)
            }
        }
    }

    @Test("without a certificate TLS is refused, and nothing speaks of it")
    func withoutCertificate() async throws {
        try await run(configuration { $0.tlsPort = nil }) { relay, configuration in
            #expect(relay.url == "http://127.0.0.1:\(configuration.port)")
            let client = try await TLSClient(port: configuration.port, tls: 1)
            #expect(await client.receive { _ in false } == [])
            let http = try await TLSClient(port: configuration.port)
            http.send(page("/.well-known/ra-relay"))
            let text = String(decoding: await http.receive { _ in false }, as: UTF8.self)
            #expect(text.contains("\"ws://relay.example.org/rendezvous\"") && !text.contains("turns:"))
        }
    }

    @Test("a reload shows new connections the new certificate, and drops none; a wrong pair changes nothing")
    func reload() async throws {
        let (first, second) = (try TestIdentity.selfSigned(["a.example"]), try TestIdentity.selfSigned(["b.example"]))
        let (certificate, key) = (folder.path + "/chain.pem", folder.path + "/key.pem")
        func write(_ identity: TestIdentity, key other: TestIdentity? = nil) throws {
            try identity.pem.write(toFile: certificate, atomically: true, encoding: .utf8)
            try (other ?? identity).keyPEM.write(toFile: key, atomically: true, encoding: .utf8)
        }
        try write(first)
        let files = configuration { ($0.tlsCertificate, $0.tlsKey) = (certificate, key) }
        try await run(files) { relay, configuration in
            func shown() async throws -> [UInt8]? {
                let client = try await TLSClient(port: configuration.port, tls: 1)
                client.send(bindingRequest())
                _ = await client.receive { $0.count >= 32 }
                defer { client.close() }
                return try await client.certificate()
            }
            let old = try await TLSClient(port: configuration.port, tls: 1)
            old.send(bindingRequest())
            #expect(await old.receive { $0.count >= 32 }.count == 32)

            try write(second, key: first)
            #expect(throws: ConfigurationError.self) { try relay.reload(configuration) }
            #expect(try await shown() == first.der)

            try write(second)
            try relay.reload(configuration)
            #expect(try await shown() == second.der)
            old.send(bindingRequest())
            #expect(await old.receive { $0.count >= 64 }.count == 64)
            old.close()
        }
    }

    @Test("a reload that would begin TLS takes the rest over, and says what waits")
    func beginningTLS() async throws {
        try await run(configuration { $0.tlsPort = nil }) { relay, configuration in
            var wanted = configuration
            wanted.tlsSelfSigned = true
            wanted.quotas.total = 5
            try relay.reload(wanted)
            #expect(relay.configuration.quotas.total == 5 && !relay.configuration.hasCertificate)
            let reloads = relay.operation.now.reloads
            #expect(reloads.lastSucceeded && reloads.waiting == ["tls-self-signed"])
            #expect(RelayStatus(.example()).reloads.waiting.isEmpty)
            try relay.reload(configuration)
            #expect(relay.operation.now.reloads.waiting.isEmpty)
        }
    }

    @Test("a pair that waits for a restart is tried: a wrong one changes nothing")
    func beginningWrongTLS() async throws {
        try await run(configuration { $0.tlsPort = nil }) { relay, configuration in
            var wanted = configuration
            (wanted.tlsCertificate, wanted.tlsKey) = ("/nonexistent/chain.pem", "/nonexistent/key.pem")
            wanted.quotas.total = 5
            #expect(throws: ConfigurationError.self) { try relay.reload(wanted) }
            #expect(relay.configuration.quotas.total != 5)
        }
    }

    @Test("a reload that would end TLS takes the rest over, though the pair in use is gone")
    func endingTLS() async throws {
        let (certificate, key) = (folder.path + "/last.pem", folder.path + "/last-key.pem")
        let identity = try TestIdentity.selfSigned(["a.example"])
        try identity.pem.write(toFile: certificate, atomically: true, encoding: .utf8)
        try identity.keyPEM.write(toFile: key, atomically: true, encoding: .utf8)
        try await run(configuration { ($0.tlsCertificate, $0.tlsKey) = (certificate, key) }) { relay, configuration in
            try FileManager.default.removeItem(atPath: certificate)
            var wanted = configuration
            (wanted.tlsCertificate, wanted.tlsKey) = (nil, nil)
            wanted.quotas.total = 5
            try relay.reload(wanted)
            #expect(relay.configuration.quotas.total == 5 && relay.configuration.hasCertificate)
        }
    }

    @Test("a port that somebody has is named with the way to find out who")
    func portInUse() async throws {
        try await run(configuration { _ in }) { _, configuration in
            var other = configuration
            other.stateDirectory = TemporaryFolder().path
            let error = await #expect(throws: ConfigurationError.self) {
                try await RelayServer.start(other, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            }
            let sentence = try #require(error?.description)
            #expect(sentence.hasPrefix("cannot listen on UDP 127.0.0.1:\(configuration.port): Address already in use"))
            #expect(sentence.hasSuffix("(`ss -lnptu 'sport = :\(configuration.port)'` tells who has it)"))
        }
    }

    @Test("an invitation's link has a page, whoever asks, and a link that was cut off has none")
    func invitationPage() async throws {
        try await run(configuration { $0.tlsSelfSigned = true }) { _, configuration in
            for (path, status) in [("/j/ABC123", "200 OK"), ("/j/abc", "404"), ("/j/", "404"), ("/invitation.js", "200 OK")] {
                let client = try await TLSClient(port: configuration.port, tls: 1)
                client.send(page(path))
                let text = String(decoding: await client.receive { _ in false }, as: UTF8.self)
                #expect(text.hasPrefix("HTTP/1.1 \(status)"))
                #expect(status == "404" || text.contains("ra-connect join"))
            }
        }
    }
}
