import Crypto
import DTLS
import Foundation
import NIOSSL
import NetPrimitives
import SwiftASN1
import X509

/// The certificate that the relay shows, with those that lead to its root, and its private key; both checked
/// against each other and the clock.
struct ServerCertificate: Sendable {
    /// The relay's own first.
    let chain: [Certificate]
    /// PKCS #8, SEC 1 or PKCS #1, as it was read.
    private let keyDocument: PEMDocument

    /// - Parameters:
    ///   - certificate: one or more certificates in PEM, the relay's own first.
    ///   - key: its private key in PEM.
    /// - Throws: a sentence without the settings' names.
    init(certificate: String, key: String, at now: Date) throws(ConfigurationError) {
        chain = try Self.parseChain(certificate)
        keyDocument = try Self.parseKey(key)
        guard let privateKey = try? Certificate.PrivateKey(pemDocument: keyDocument) else {
            throw ConfigurationError("the private key is of a kind that is not supported: use RSA, ECDSA or Ed25519.")
        }
        guard let leaf = chain.first, privateKey.publicKey == leaf.publicKey else {
            let isElsewhere = chain.contains { $0.publicKey == privateKey.publicKey }
            throw ConfigurationError(
                isElsewhere
                    ? "the private key does not belong to the first certificate, but to a later one: the relay's own comes first."
                    : "the private key does not belong to the certificate.")
        }
        guard now <= leaf.notValidAfter else {
            throw ConfigurationError("the certificate expired on \(Self.day(leaf.notValidAfter)): renew it.")
        }
        guard now >= leaf.notValidBefore else {
            throw ConfigurationError("the certificate is not valid before \(Self.day(leaf.notValidBefore)): is the clock right?")
        }
    }

    private static func parseChain(_ text: String) throws(ConfigurationError) -> [Certificate] {
        let documents = (try? PEMDocument.parseMultiple(pemString: text)) ?? []
        let certificates = documents.filter { $0.discriminator == "CERTIFICATE" }
        guard !certificates.isEmpty else { throw ConfigurationError("there is no certificate in PEM in it.") }
        do { return try certificates.map { try Certificate(pemDocument: $0) } } catch {
            // What the library says of an RSA key of fewer bits than it takes.
            let isShort = "\(error)".contains("incorrectParameterSize")
            throw ConfigurationError(
                isShort ? "the certificate's key is too short: RSA needs 2048 bits." : "the certificate cannot be read: \(error)")
        }
    }

    private static func parseKey(_ text: String) throws(ConfigurationError) -> PEMDocument {
        let documents = (try? PEMDocument.parseMultiple(pemString: text)) ?? []
        guard let key = documents.first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") }) else {
            throw ConfigurationError("there is no private key in PEM in it.")
        }
        guard key.discriminator != "ENCRYPTED PRIVATE KEY", !text.contains("Proc-Type: 4,ENCRYPTED") else {
            throw ConfigurationError("the private key has a password: the relay needs it without one.")
        }
        return key
    }

    private static func day(_ date: Date) -> String { date.ISO8601Format(.iso8601.year().month().day()) }

    // MARK: What is said of it

    private var leaf: Certificate { chain[0] }

    var expires: Date { leaf.notValidAfter }

    /// Nobody but its own key vouches for it.
    var isSelfSigned: Bool {
        leaf.issuer == leaf.subject && leaf.publicKey.isValidSignature(leaf.signature, for: leaf)
    }

    /// What clients may miss; nil when nothing.
    var note: String? {
        guard chain.count == 1, !isSelfSigned else { return nil }
        return "there is one certificate, issued by \(leaf.issuer): clients refuse it unless that is a root; else add that one's."
    }

    /// The SHA-256 digest of the public key (SubjectPublicKeyInfo), as `ra-connect` tells it: a certificate that is
    /// made anew with the same key keeps it.
    var fingerprint: String {
        SHA256.hash(data: (try? leaf.publicKey.serializeAsPEM().derBytes) ?? []).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return digits.count == 1 ? "0" + digits : digits
        }.joined(separator: ":")
    }

    /// Subject alternative names: what the certificate is for.
    var names: [GeneralName] { ((try? leaf.extensions.subjectAlternativeNames) ?? nil).map(Array.init) ?? [] }

    /// Names that can stand in a URL: not those with a wildcard.
    var hostNames: [String] {
        names.compactMap { name in
            guard case .dnsName(let text) = name, !text.contains("*") else { return nil }
            return text
        }
    }

    func covers(_ ip: IPAddress) -> Bool { names.contains(.ipAddress(ASN1OctetString(contentBytes: ip.octets[...]))) }

    // MARK: What it is used for

    /// What TLS servers are made of: TLS 1.2 and 1.3, forward secrecy and authenticated encryption alone.
    func makeContext() throws(ConfigurationError) -> NIOSSLContext {
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try chain.map {
                    .certificate(try NIOSSLCertificate(bytes: try $0.serializeAsPEM().derBytes, format: .der))
                },
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(keyDocument.pemString.utf8), format: .pem)))
            configuration.minimumTLSVersion = .tlsv12
            configuration.cipherSuiteValues = Self.cipherSuites
            // RFC 7443 names TURN; those who name nothing are served all the same.
            configuration.applicationProtocols = ["http/1.1", "stun.turn", "stun.nat-discovery"]
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw ConfigurationError("TLS does not take the certificate: \(error)")
        }
    }

    /// What DTLS sessions are made of.
    func makeSecureContext() throws(ConfigurationError) -> ServerContext {
        do {
            return try ServerContext(
                certificates: try chain.map { try $0.serializeAsPEM().derBytes }, privateKey: keyDocument.pemString)
        } catch {
            throw ConfigurationError("DTLS does not take the certificate: \(error)")
        }
    }

    /// Those of TLS 1.2; TLS 1.3 has none that is weak.
    private static let cipherSuites: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ]
}
