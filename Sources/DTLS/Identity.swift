import COpenSSL

/// A fresh self-signed ECDSA P-256 certificate with its private key, made in memory and never written anywhere.
///
/// Nobody trusts it for what it says: its `fingerprint`, carried by an authenticated channel, is the trust.
/// Several endpoints may share one.
//
// Unchecked: both pointers are set once, OpenSSL only reads through them, and it counts references atomically.
public final class Identity: @unchecked Sendable {
    /// What the peer must be told, over the channel that it trusts.
    public let fingerprint: Fingerprint

    let certificate: OpaquePointer
    let privateKey: OpaquePointer

    public init() throws(Failure) {
        ErrorQueue.clear()
        guard let key = ra_ossl_generate_p256() else { throw .library(ErrorQueue.takeText()) }
        guard let certificate = Self.selfSign(key) else {
            EVP_PKEY_free(key)
            throw .library(ErrorQueue.takeText())
        }
        guard let fingerprint = Fingerprint(ofCertificate: certificate) else {
            X509_free(certificate)
            EVP_PKEY_free(key)
            throw .library(ErrorQueue.takeText())
        }
        self.certificate = certificate
        self.privateKey = key
        self.fingerprint = fingerprint
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(privateKey)
    }

    /// Valid from a day ago, for peers whose clock is behind, and for 30 days: a session is shorter, and nobody checks.
    private static func selfSign(_ key: OpaquePointer) -> OpaquePointer? {
        guard let certificate = X509_new() else { return nil }
        let day = 24 * 60 * 60
        let name = X509_get_subject_name(certificate)
        let made = X509_set_version(certificate, 2) == 1  // 2 means X.509 version 3
            && ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), UInt64.random(in: 1...UInt64(Int64.max))) == 1
            && X509_gmtime_adj(X509_getm_notBefore(certificate), -day) != nil
            && X509_gmtime_adj(X509_getm_notAfter(certificate), 30 * day) != nil
            && ra_ossl_set_common_name(name, "remote-assistance") == 1
            && X509_set_issuer_name(certificate, name) == 1
            && X509_set_pubkey(certificate, key) == 1
            && X509_sign(certificate, key, EVP_sha256()) > 0
        guard made else {
            X509_free(certificate)
            return nil
        }
        return certificate
    }
}

extension Fingerprint {
    /// The digest of an OpenSSL `X509`.
    init?(ofCertificate certificate: OpaquePointer) {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard X509_digest(certificate, EVP_sha256(), &digest, &count) == 1 else { return nil }
        self.init(bytes: digest.prefix(Int(count)))
    }
}
