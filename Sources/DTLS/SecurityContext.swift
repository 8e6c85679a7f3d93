import COpenSSL

/// The policy of an endpoint as an `SSL_CTX`: DTLS 1.2 or later, forward secrecy, authenticated encryption, nothing
/// resumed, nothing renegotiated, nothing compressed. Between peers both sides show a certificate, at a server the server.
enum SecurityContext {
    /// ECDHE with AEAD, and no more. A peer's own is an ECDSA certificate; the RSA names are for those of others.
    private static let cipherSuites = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES256-GCM-SHA384",
    ].joined(separator: ":")

    /// A context of one of two peers, that the caller owns.
    static func make(for identity: Identity) throws(Failure) -> OpaquePointer {
        let context = try make(certificate: identity.certificate, privateKey: identity.privateKey)
        // Any certificate lets the handshake go on: self-signed ones say nothing that could be verified here. The
        // endpoint compares the fingerprint when the handshake is over, before anything else can happen.
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT) { _, _ in 1 }
        // Stacks that carry media too (aiortc's) end a handshake that agrees on no SRTP profile, for data channels as well. It
        // is the one that all know (RFC 8827 section 6.5), and no SRTP follows. Here 0 is success.
        guard SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AES128_CM_SHA1_80") == 0 else {
            SSL_CTX_free(context)
            throw .library(ErrorQueue.takeText())
        }
        return context
    }

    /// A context that shows a certificate and asks for none, that the caller owns.
    static func make(certificate: OpaquePointer, privateKey: OpaquePointer) throws(Failure) -> OpaquePointer {
        ErrorQueue.clear()
        guard let context = SSL_CTX_new(DTLS_method()) else { throw .library(ErrorQueue.takeText()) }
        SSL_CTX_set_options(context, ra_ossl_endpoint_options())
        ra_ossl_disable_session_cache(context)
        let configured = ra_ossl_set_min_dtls12(context) == 1
            && SSL_CTX_set_cipher_list(context, cipherSuites) == 1
            && ra_ossl_set_groups(context, "X25519:P-256:P-384") == 1
            && SSL_CTX_use_certificate(context, certificate) == 1
            && SSL_CTX_use_PrivateKey(context, privateKey) == 1
        guard configured else {
            SSL_CTX_free(context)
            throw .library(ErrorQueue.takeText())
        }
        return context
    }
}
