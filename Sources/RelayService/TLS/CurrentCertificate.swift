import DTLS
import NIOSSL
import Synchronization

/// The certificate that new connections get; those that are there keep the one that they began with.
final class CurrentCertificate: Sendable {
    private struct Current {
        let certificate: ServerCertificate
        let context: NIOSSLContext
        let secureContext: ServerContext

        init(_ certificate: ServerCertificate) throws(ConfigurationError) {
            self.certificate = certificate
            context = try certificate.makeContext()
            secureContext = try certificate.makeSecureContext()
        }
    }

    private let current: Mutex<Current>

    init(_ certificate: ServerCertificate) throws(ConfigurationError) { current = Mutex(try Current(certificate)) }

    /// Changes nothing when it throws.
    func set(_ certificate: ServerCertificate) throws(ConfigurationError) {
        let changed = try Current(certificate)
        current.withLock { $0 = changed }
    }

    var certificate: ServerCertificate { current.withLock { $0.certificate } }
    /// For TLS.
    var context: NIOSSLContext { current.withLock { $0.context } }
    /// For DTLS.
    var secureContext: ServerContext { current.withLock { $0.secureContext } }
}
