import Foundation
import HostNetwork
import NetPrimitives

/// Where a relay has its certificate from.
enum CertificateSource {
    case files(certificate: String, key: String)
    case selfSigned(SelfSignedCertificate)

    /// nil: the relay has none.
    init?(_ configuration: ServeConfiguration, state: @autoclosure () throws(ConfigurationError) -> StateDirectory)
        throws(ConfigurationError)
    {
        if let certificate = configuration.tlsCertificate, let key = configuration.tlsKey {
            self = .files(certificate: certificate, key: key)
        } else if configuration.tlsSelfSigned {
            let hosts = [configuration.publicAuthority?.host, configuration.effectiveRealm, "localhost"].compactMap { $0 }
            let addresses =
                configuration.externalAddresses + configuration.listen.filter { !$0.isUnspecified }
                + [.loopbackV4, .loopbackV6] + HostInterface.all().map(\.address).filter { !$0.isLoopback && !$0.isLinkLocal }
            self = .selfSigned(SelfSignedCertificate(state: try state(), hosts: hosts, addresses: addresses))
        } else {
            return nil
        }
    }

    /// - Throws: a sentence that names the setting.
    func load(at now: Date = .now) throws(ConfigurationError) -> ServerCertificate {
        switch self {
        case .files(let certificatePath, let keyPath):
            let certificate = try Self.read(certificatePath, setting: "tls-cert")
            let key = try Self.read(keyPath, setting: "tls-key")
            do throws(ConfigurationError) {
                return try ServerCertificate(certificate: certificate, key: key, at: now)
            } catch {
                throw ConfigurationError("tls-cert \(certificatePath), tls-key \(keyPath): \(error)")
            }
        case .selfSigned(let selfSigned):
            return try selfSigned.load(at: now)
        }
    }

    private static func read(_ path: String, setting: String) throws(ConfigurationError) -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("\(setting): \(path) cannot be read: it is not there, or not the relay's to read.")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
