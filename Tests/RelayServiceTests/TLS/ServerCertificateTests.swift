import CertificateSupport
import Crypto
import Foundation
import NetPrimitives
@testable import RelayService
import Testing

@Suite("ServerCertificate")
struct ServerCertificateTests {
    @Test("a pair that belongs together makes a TLS server")
    func good() throws {
        let identity = try TestAuthority().issue(["relay.example.org", "192.0.2.1", "*.example.net"])
        let certificate = try ServerCertificate(certificate: identity.pem, key: identity.keyPEM, at: .now)
        _ = try certificate.makeContext()
        #expect(certificate.hostNames == ["relay.example.org"])
        #expect(try certificate.covers(#require(IPAddress("192.0.2.1"))))
        #expect(try !certificate.covers(#require(IPAddress("192.0.2.2"))))
        #expect(!certificate.isSelfSigned)
    }

    @Test("a key among other things in its file is found, as openssl ecparam writes it")
    func keyWithParameters() throws {
        let identity = try TestIdentity.selfSigned(["a.example"])
        let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        let certificate = try ServerCertificate(certificate: identity.pem, key: parameters + identity.keyPEM, at: .now)
        #expect(certificate.isSelfSigned)
    }

    enum Fault: String, CaseIterable {
        case mismatch = "does not belong", expired = "expired on", early = "not valid before", noCertificate = "no certificate"
        case noKey = "no private key", password = "has a password", damaged = "cannot be read", kind = "not supported"
    }

    @Test("what is wrong with a pair is said in a sentence", arguments: Fault.allCases)
    func faults(fault: Fault) throws {
        var identity = try TestIdentity.selfSigned(["a.example"])
        if fault == .expired { identity = try .selfSigned(["a.example"], until: .now - 60) }
        if fault == .early { identity = try .selfSigned(["a.example"], from: .now + 60) }
        var (certificate, key) = (try identity.pem, identity.keyPEM)
        switch fault {
        case .mismatch: key = P256.Signing.PrivateKey().pemRepresentation
        case .noCertificate: certificate = key
        case .noKey: key = certificate
        case .password: key = key.replacing("PRIVATE KEY", with: "ENCRYPTED PRIVATE KEY")
        case .damaged: certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        case .kind: key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
        case .expired, .early: break
        }
        let error = #expect(throws: ConfigurationError.self) {
            _ = try ServerCertificate(certificate: certificate, key: key, at: .now)
        }
        #expect(error?.description.contains(fault.rawValue) == true, "\(String(describing: error))")
    }
}
