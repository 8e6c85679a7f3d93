import COpenSSL

/// What a server shows its clients, a certificate that others vouch for, with its private key: what its sessions are
/// made from. Read-only, shared by all listeners.
//
// Unchecked: the pointer is set once, and OpenSSL locks and counts what it changes behind it.
public final class ServerContext: @unchecked Sendable {
    /// Of the first certificate.
    public let fingerprint: Fingerprint
    let pointer: OpaquePointer

    /// - Parameters:
    ///   - certificates: in DER, the server's own first, then those that lead to its root.
    ///   - privateKey: in PEM, without a password.
    public init(certificates: [[UInt8]], privateKey: String) throws(Failure) {
        ErrorQueue.clear()
        let text = Array(privateKey.utf8)
        guard let key = ra_ossl_private_key(text, Int32(text.count)) else { throw .library(ErrorQueue.takeText()) }
        defer { EVP_PKEY_free(key) }
        guard let first = certificates.first, let certificate = ra_ossl_certificate(first, first.count) else {
            throw .library(ErrorQueue.takeText())
        }
        defer { X509_free(certificate) }
        guard let fingerprint = Fingerprint(ofCertificate: certificate) else { throw .library(ErrorQueue.takeText()) }
        let context = try SecurityContext.make(certificate: certificate, privateKey: key)
        for bytes in certificates.dropFirst() {
            let next = ra_ossl_certificate(bytes, bytes.count)
            defer { X509_free(next) }
            guard let next, ra_ossl_add_chain_certificate(context, next) == 1 else {
                SSL_CTX_free(context)
                throw .library(ErrorQueue.takeText())
            }
        }
        // No client has a reason to send a longer message, which OpenSSL would keep room for.
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_CERT_LIST, HandshakeAllowance.longestMessage, nil)
        SSL_CTX_set_cookie_generate_cb(context) { ssl, bytes, count in
            guard let cookie = DatagramPort.port(of: SSL_get_rbio(ssl))?.cookies.first, let bytes, let count else { return 0 }
            // Holds because a cookie of ours is shorter than the DTLS1_COOKIE_LENGTH (255) bytes that are there.
            bytes.update(from: cookie, count: cookie.count)
            count.pointee = UInt32(cookie.count)
            return 1
        }
        SSL_CTX_set_cookie_verify_cb(context) { ssl, bytes, count in
            guard let cookies = DatagramPort.port(of: SSL_get_rbio(ssl))?.cookies, let bytes else { return 0 }
            let matches = cookies.contains { $0.count == Int(count) && CRYPTO_memcmp($0, bytes, $0.count) == 0 }
            return matches ? 1 : 0
        }
        self.fingerprint = fingerprint
        pointer = context
    }

    deinit { SSL_CTX_free(pointer) }
}
