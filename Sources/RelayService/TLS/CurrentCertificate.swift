import NIOSSL
import Synchronization

/// The certificate that new connections get; those that are there keep the one that they began with.
final class CurrentCertificate: Sendable {
    private let current: Mutex<(certificate: ServerCertificate, context: NIOSSLContext)>

    init(_ certificate: ServerCertificate) throws(ConfigurationError) {
        current = Mutex((certificate, try certificate.makeContext()))
    }

    /// Changes nothing when it throws.
    func set(_ certificate: ServerCertificate) throws(ConfigurationError) {
        let context = try certificate.makeContext()
        current.withLock { $0 = (certificate, context) }
    }

    var certificate: ServerCertificate { current.withLock { $0.certificate } }
    var context: NIOSSLContext { current.withLock { $0.context } }
}
