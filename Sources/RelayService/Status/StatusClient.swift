import CLinuxNet
import Foundation
import Glibc

/// Asks a relay on this host how it is.
public struct StatusClient: Sendable {
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// No relay has this state directory, or none that runs.
        case notRunning(String)
        case notAllowed(String)
        case noAnswer(String)

        public var description: String {
            switch self {
            case .notRunning(let path):
                "No relay is running with the state directory \(path). Name another with --state DIR or --config FILE; "
                    + "the service's file is /etc/ra-relay/ra-relay.toml."
            case .notAllowed(let path): "\(path) belongs to somebody else: ask as root, or as the relay's user."
            case .noAnswer(let path): "The relay with the state directory \(path) does not answer."
            }
        }
    }

    /// Seconds that a relay may take: it asks each of its workers.
    private static let patience: Int32 = 5
    private let state: String
    /// Of Deploy/systemd/ra-relay.service.
    private static let packagedState = "/var/lib/ra-relay"

    /// - Parameter state: a state directory; wins over the configuration's.
    public init(configuration: ServeConfiguration, state: String?) throws(ConfigurationError) {
        let configured = state ?? configuration.stateDirectory
        let located = try StateDirectory.locate(configured: configured)
        // A database does not say where a node's own directory is; the package's service has this one.
        let isElsewhere = configured.map(PostgresURL.namesDatabase) == true
            && !FileManager.default.fileExists(atPath: StateDirectory.statusSocketPath(in: located))
        self.state = isElsewhere ? Self.packagedState : located
    }

    public func ask() throws(Failure) -> RelayStatus {
        let descriptor: Int32
        do { descriptor = try UnixSocket.connect(to: StateDirectory.statusSocketPath(in: state)) } catch {
            throw error.code == EACCES || error.code == EPERM ? .notAllowed(state) : .notRunning(state)
        }
        defer { Glibc.close(descriptor) }
        guard let status = try? RelayStatus.read(Self.readAll(descriptor)) else {
            throw .noAnswer(state)
        }
        return status
    }

    /// What arrives until the other side closes; what there is when it takes too long.
    private static func readAll(_ descriptor: Int32) -> Data {
        _ = ra_receive_timeout(descriptor, Self.patience)
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return data }
            data.append(contentsOf: buffer.prefix(count))
        }
    }
}
