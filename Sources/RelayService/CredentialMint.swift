public import Foundation
import Relay

/// Makes time-limited TURN credentials with a relay's secret.
public struct CredentialMint {
    private let secret: String
    /// The state directory that the secret is from.
    private let source: String?

    /// - Parameter state: the state directory, or the fleet's database; wins over the configuration's.
    public init(configuration: ServeConfiguration, state: String?) throws(ConfigurationError) {
        if let secret = configuration.authSecrets.first {
            (self.secret, source) = (secret, nil)
        } else if let database = PostgresURL(state ?? configuration.stateDirectory ?? "") {
            (secret, source) = (try OpenedState.existingSecret(in: database), nil)
        } else {
            let directory = StateDirectory(
                existing: try StateDirectory.locate(configured: state ?? configuration.stateDirectory))
            (secret, source) = (try directory.existingSecret(), directory.path)
        }
    }

    /// Why the relay that runs here may not take what is made; nil when nothing speaks against it.
    public func doubt() -> String? {
        guard let source, let status = try? StatusClient(configuration: .init(), state: source).ask(),
            !status.signsWithStateSecret
        else { return nil }
        return "the relay that runs with \(source) has another secret, in its configuration: name that with --config FILE."
    }

    /// One JSON object: `{"username":…,"password":…,"expires":"RFC 3339"}`.
    public func mint(user: String, seconds: Int, now: Date) throws -> String {
        struct Minted: Encodable {
            var username: String
            var password: String
            var expires: Date
        }
        let expires = now.addingTimeInterval(TimeInterval(seconds))
        let credential = TimeLimitedCredential(
            user: user, expiry: Int64(expires.timeIntervalSince1970), secret: secret)
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(
            decoding: try encoder.encode(
                Minted(username: credential.username, password: credential.password, expires: expires)),
            as: UTF8.self)
    }
}
