/// Why an endpoint could not be made, would not connect, or ended.
public enum Failure: Error, Hashable, Sendable {
    /// The peer showed a certificate other than the one signalling named: somebody else is on the path.
    case fingerprintMismatch(expected: Fingerprint, actual: Fingerprint)
    /// The handshake finished and nobody had said whom to expect.
    case noExpectedFingerprint
    /// The peer showed no certificate.
    case noPeerCertificate
    /// The peer gave up with this fatal alert (RFC 5246 section 7.2).
    case alert(UInt8)
    /// The peer did not answer the handshake, after every retransmission.
    case timedOut
    /// What the peer sent breaks the protocol, or has nothing in common with us; OpenSSL's words.
    case protocolViolation(String)
    /// OpenSSL refused what we asked of it (memory, a broken installation); its words.
    case library(String)
    /// `send` before `.connected` or after the end.
    case notConnected
    /// `send` of more than fits one datagram.
    case payloadTooLarge(limit: Int)
}

extension Failure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .fingerprintMismatch(let expected, let actual):
            "the peer's certificate is not the one that was agreed on: end the session (expected \(expected), got \(actual))"
        case .noExpectedFingerprint: "no fingerprint was set for the peer before the handshake finished"
        case .noPeerCertificate: "the peer showed no certificate"
        case .alert(let code): "the peer refused the handshake or ended the session with alert \(code)"
        case .timedOut: "the peer did not answer the DTLS handshake"
        case .protocolViolation(let cause): "the peer broke the DTLS protocol: \(cause)"
        case .library(let cause): "OpenSSL failed: \(cause)"
        case .notConnected: "the DTLS endpoint is not connected"
        case .payloadTooLarge(let limit): "at most \(limit) bytes fit one DTLS datagram here"
        }
    }
}
