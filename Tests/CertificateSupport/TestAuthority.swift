public import Crypto
public import Foundation
import NetPrimitives
import SwiftASN1
public import X509

/// An authority that exists for one test, and what it signs.
public struct TestAuthority: Sendable {
    private let key = P256.Signing.PrivateKey()
    private let name: DistinguishedName
    public let certificate: Certificate

    public init(_ commonName: String = "Test Authority") throws {
        name = try DistinguishedName { CommonName(commonName) }
        let issuer = Certificate.PrivateKey(key)
        certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: issuer.publicKey,
            notValidBefore: .now - 30 * TestIdentity.day, notValidAfter: .now + 365 * TestIdentity.day, issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: issuer)
    }

    public func issue(
        _ names: [String], from begin: Date = .now - TestIdentity.day, until end: Date = .now + TestIdentity.day,
        usage: [ExtendedKeyUsage.Usage] = [.serverAuth]
    ) throws -> TestIdentity {
        try TestIdentity(
            names, from: begin, until: end, usage: usage, key: P256.Signing.PrivateKey(), issuer: (name, Certificate.PrivateKey(key)))
    }

    public var pem: String { get throws { try certificate.serializeAsPEM().pemString } }
}

/// A server's certificate and key that exist for one test.
public struct TestIdentity: Sendable {
    public static let day: TimeInterval = 24 * 3600

    public let certificate: Certificate
    public let key: P256.Signing.PrivateKey

    /// One that vouches for itself.
    public static func selfSigned(
        _ names: [String], from begin: Date = .now - day, until end: Date = .now + day,
        key: P256.Signing.PrivateKey = P256.Signing.PrivateKey()
    ) throws -> TestIdentity {
        try TestIdentity(names, from: begin, until: end, usage: [.serverAuth], key: key, issuer: nil)
    }

    fileprivate init(
        _ names: [String], from begin: Date, until end: Date, usage: [ExtendedKeyUsage.Usage], key: P256.Signing.PrivateKey,
        issuer: (DistinguishedName, Certificate.PrivateKey)?
    ) throws {
        self.key = key
        let own = Certificate.PrivateKey(key)
        let subject = try DistinguishedName { CommonName("test") }
        certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: own.publicKey, notValidBefore: begin,
            notValidAfter: end, issuer: issuer?.0 ?? subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                try ExtendedKeyUsage(usage)
                SubjectAlternativeNames(
                    names.map { name in
                        IPAddress(name).map { .ipAddress(ASN1OctetString(contentBytes: $0.octets[...])) } ?? .dnsName(name)
                    })
            },
            issuerPrivateKey: issuer?.1 ?? own)
    }

    public var pem: String { get throws { try certificate.serializeAsPEM().pemString } }
    public var keyPEM: String { key.pemRepresentation }
    public var der: [UInt8] { get throws { try certificate.serializeAsPEM().derBytes } }
}
