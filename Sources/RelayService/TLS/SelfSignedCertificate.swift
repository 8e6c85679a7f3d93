import Crypto
import Foundation
import NetPrimitives
import SwiftASN1
import X509

/// The certificate that a relay makes for itself (`--tls-self-signed`): ECDSA P-256, kept in the state directory.
///
/// It is made anew, with the same key, when it is near its end or when the relay has got another name. Clients
/// remember the key, and notice nothing.
struct SelfSignedCertificate {
    /// Nobody renews it by hand.
    static let lifetime = TimeInterval(3650 * 24 * 3600)
    /// A relay that is started once a year still renews in time.
    static let renewal = TimeInterval(400 * 24 * 3600)
    /// A host has a few addresses; a certificate of hundreds would no longer fit the first flight of TLS.
    static let maximumNames = 40

    let state: StateDirectory
    /// What clients may call the relay.
    let names: [GeneralName]

    /// - Parameters:
    ///   - hosts: names, or addresses with or without brackets; what is neither is left out.
    init(state: StateDirectory, hosts: [String], addresses: [IPAddress]) {
        self.state = state
        var names: [GeneralName] = []
        for host in hosts {
            let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
            if let ip = IPAddress(bare) {
                names.append(Self.name(ip))
            } else if bare.utf8.count <= 253, HTTPAuthority(bare)?.port == nil, HTTPAuthority(bare) != nil {
                names.append(.dnsName(bare.lowercased()))
            }
        }
        names += addresses.map(Self.name)
        var seen: Set<GeneralName> = []
        self.names = Array(names.filter { seen.insert($0).inserted }.prefix(Self.maximumNames))
    }

    private static func name(_ ip: IPAddress) -> GeneralName {
        .ipAddress(ASN1OctetString(contentBytes: ip.unmapped.octets[...]))
    }

    /// The one that is kept, else a new one.
    func load(at now: Date) throws(ConfigurationError) -> ServerCertificate {
        let key = try existingKey()
        if let key, let kept = FileManager.default.contents(atPath: state.certificatePath),
            let certificate = try? ServerCertificate(
                certificate: String(decoding: kept, as: UTF8.self), key: key.pemRepresentation, at: now),
            certificate.expires.timeIntervalSince(now) > Self.renewal, Set(names).isSubset(of: certificate.names)
        {
            return certificate
        }
        if let key { return try make(with: key, at: now) }
        return try make(with: newKey(), at: now)
    }

    private func existingKey() throws(ConfigurationError) -> P256.Signing.PrivateKey? {
        guard FileManager.default.fileExists(atPath: state.certificateKeyPath) else { return nil }
        guard let data = FileManager.default.contents(atPath: state.certificateKeyPath),
            let key = try? P256.Signing.PrivateKey(pemRepresentation: String(decoding: data, as: UTF8.self))
        else {
            throw ConfigurationError(
                "The private key in \(state.certificateKeyPath) cannot be read: remove the file, and a new one is made; "
                    + "clients then refuse the relay until they forget the former one.")
        }
        return key
    }

    private func newKey() throws(ConfigurationError) -> P256.Signing.PrivateKey {
        let key = P256.Signing.PrivateKey()
        try state.write(key.pemRepresentation + "\n", to: state.certificateKeyPath)
        return key
    }

    private func make(with key: P256.Signing.PrivateKey, at now: Date) throws(ConfigurationError) -> ServerCertificate {
        let text: String
        do {
            let issuer = Certificate.PrivateKey(key)
            let subject = try DistinguishedName { CommonName("ra-relay") }
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: issuer.publicKey,
                // A day ago: for clients whose clock is behind.
                notValidBefore: now - 24 * 3600, notValidAfter: now + Self.lifetime, issuer: subject, subject: subject,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames(names)
                },
                issuerPrivateKey: issuer)
            text = try certificate.serializeAsPEM().pemString + "\n"
        } catch {
            throw ConfigurationError("A certificate cannot be made: \(error)")
        }
        try state.write(text, to: state.certificatePath)
        return try ServerCertificate(certificate: text, key: key.pemRepresentation, at: now)
    }
}
