import Crypto
import Foundation
import NetPrimitives
@testable import RelayService
import Testing

@Suite("SelfSignedCertificate")
struct SelfSignedCertificateTests {
    private let folder = TemporaryFolder()
    private let now = Date.now

    private func certificate(hosts: [String] = ["localhost"], at date: Date) throws -> ServerCertificate {
        try SelfSignedCertificate(
            state: try StateDirectory(configured: folder.path), hosts: hosts, addresses: [.loopbackV4]
        ).load(at: date)
    }

    @Test("it is made once, for its owner's eyes alone, and found again")
    func kept() throws {
        let made = try certificate(at: now)
        #expect(made.isSelfSigned && made.covers(.loopbackV4) && made.hostNames == ["localhost"])
        #expect(made.expires > now + 3640 * 24 * 3600)
        for name in ["tls-key.pem", "tls-certificate.pem"] {
            let mode = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + name)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        #expect(try certificate(at: now + 24 * 3600).chain == made.chain)
    }

    @Test("near its end, or for another name, it is made anew with the same key")
    func renewed() throws {
        let made = try certificate(at: now)
        let later = try certificate(at: now + 3300 * 24 * 3600)
        #expect(later.expires > made.expires && later.fingerprint == made.fingerprint)
        let named = try certificate(hosts: ["localhost", "relay.example.org", "[2001:db8::1]"], at: now)
        #expect(named.fingerprint == made.fingerprint)
        #expect(named.hostNames == ["localhost", "relay.example.org"])
        #expect(try named.covers(#require(IPAddress("2001:db8::1"))))
    }

    @Test("a damaged certificate is made anew, a damaged key is not")
    func damaged() throws {
        let made = try certificate(at: now)
        try Data("rubbish".utf8).write(to: URL(fileURLWithPath: folder.path + "/tls-certificate.pem"))
        #expect(try certificate(at: now).fingerprint == made.fingerprint)
        try Data("rubbish".utf8).write(to: URL(fileURLWithPath: folder.path + "/tls-key.pem"))
        #expect(throws: ConfigurationError.self) { _ = try certificate(at: now) }
    }

    @Test("names that cannot stand in a certificate are left out, and there are never too many")
    func names() throws {
        let hosts = ["a b", "x:1", ""] + (0..<100).map { "h\($0).example" }
        #expect(try certificate(hosts: hosts, at: now).names.count == SelfSignedCertificate.maximumNames)
    }
}

/// A folder that vanishes with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.path + "/ra-" + UUID().uuidString
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
