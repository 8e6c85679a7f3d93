import NetPrimitives
import TOMLKit

/// Reads `ra-relay`'s TOML file: keys are the command line's options, without the dashes in front.
public enum ConfigurationFile {
    /// - Throws: `ConfigurationError` with the line, or the key, and the reason.
    public static func parse(_ text: String) throws(ConfigurationError) -> ServeConfiguration {
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw ConfigurationError("line \(error.source.begin.line): \(error.description)")
        } catch {
            throw ConfigurationError("not a TOML file: \(error)")
        }
        var configuration = ServeConfiguration()
        for key in table.keys {
            guard let value = table[key] else { continue }
            guard let setting = Setting(rawValue: key) else {
                let known = Setting.allCases.map(\.rawValue).sorted().joined(separator: ", ")
                throw ConfigurationError("\(Self.place(of: key, in: text))there is no setting “\(key)”. Known are: \(known).")
            }
            do throws(ConfigurationError) {
                try setting.apply(value, to: &configuration)
            } catch {
                throw ConfigurationError("\(Self.place(of: key, in: text))\(error)")
            }
        }
        try configuration.validate()
        return configuration
    }

    /// `line 7: `, where the key stands first on a line.
    private static func place(of key: String, in text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let index = lines.firstIndex {
            let line = $0.drop { $0 == " " || $0 == "\t" || $0 == "\"" }
            return line.hasPrefix(key) && !(line.dropFirst(key.count).first?.isLetter ?? false)
        }
        return index.map { "line \($0 + 1): " } ?? ""
    }

    private enum Setting: String, CaseIterable {
        case listen, port, realm, users, workers
        case alsoListen = "also-listen"
        case externalIP = "external-ip"
        case authSecret = "auth-secret"
        case relayPorts = "relay-ports"
        case allowPeer = "allow-peer"
        case denyPeer = "deny-peer"
        case publicURL = "public-url"
        case state
        case unprovenRate = "unproven-rate"
        case logLevel = "log-level"
        case logFormat = "log-format"

        func apply(_ value: any TOMLValueConvertible, to configuration: inout ServeConfiguration) throws(ConfigurationError) {
            switch self {
            case .listen: configuration.listen = try strings(value).map(address)
            case .port: configuration.port = try port(value)
            case .alsoListen: configuration.alsoListen = try array(value).map(port)
            case .externalIP: configuration.externalAddresses = try strings(value).map(address)
            case .realm: configuration.realm = try string(value)
            case .users: configuration.users = try strings(value).map(user)
            case .authSecret: configuration.authSecret = try string(value)
            case .relayPorts: configuration.relayPorts = try PortRange(string(value)).range
            case .allowPeer: configuration.allowPeers = try strings(value).map(block)
            case .denyPeer: configuration.denyPeers = try strings(value).map(block)
            case .publicURL: configuration.publicURL = try string(value)
            case .state: configuration.stateDirectory = try string(value)
            case .workers: configuration.workers = try integer(value)
            case .unprovenRate: configuration.unprovenRate = try integer(value)
            case .logLevel: configuration.logLevel = try choice(value)
            case .logFormat: configuration.logFormat = try choice(value)
            }
        }

        private func string(_ value: any TOMLValueConvertible) throws(ConfigurationError) -> String {
            guard let text = value.string else { throw ConfigurationError("\(rawValue): write a text in quotes.") }
            return text
        }

        private func integer(_ value: any TOMLValueConvertible) throws(ConfigurationError) -> Int {
            guard let number = value.int else { throw ConfigurationError("\(rawValue): write a whole number.") }
            return number
        }

        private func array(_ value: any TOMLValueConvertible) throws(ConfigurationError) -> [any TOMLValueConvertible] {
            guard let array = value.array else { throw ConfigurationError("\(rawValue): write a list in brackets.") }
            return Array(array)
        }

        private func strings(_ value: any TOMLValueConvertible) throws(ConfigurationError) -> [String] {
            try array(value).map(string)
        }

        private func port(_ value: any TOMLValueConvertible) throws(ConfigurationError) -> UInt16 {
            guard let port = UInt16(exactly: try integer(value)), port > 0 else {
                throw ConfigurationError("\(rawValue): a port is a number from 1 to 65535.")
            }
            return port
        }

        private func address(_ text: String) throws(ConfigurationError) -> IPAddress {
            guard let address = IPAddress(text) else { throw ConfigurationError("\(rawValue): “\(text)” is not an IP address.") }
            return address
        }

        private func block(_ text: String) throws(ConfigurationError) -> CIDRBlock {
            guard let block = CIDRBlock(text) else {
                throw ConfigurationError("\(rawValue): “\(text)” is not a block of addresses such as 10.0.0.0/8.")
            }
            return block
        }

        private func user(_ text: String) throws(ConfigurationError) -> ServeConfiguration.User {
            guard let user = ServeConfiguration.User(text) else {
                throw ConfigurationError("users: write each as “name:password”.")
            }
            return user
        }

        private func choice<Choice: RawRepresentable & CaseIterable>(_ value: any TOMLValueConvertible) throws(ConfigurationError)
            -> Choice where Choice.RawValue == String
        {
            guard let choice = Choice(rawValue: try string(value)) else {
                let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
                throw ConfigurationError("\(rawValue): choose one of \(known).")
            }
            return choice
        }
    }
}

/// A range of ports as `49152-65535`.
public struct PortRange: Hashable, Sendable {
    public let range: ClosedRange<UInt16>

    public init(_ text: String) throws(ConfigurationError) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let low = UInt16(parts[0]), let high = UInt16(parts[1]), low <= high else {
            throw ConfigurationError("relay-ports: “\(text)” is not a range such as 49152-65535.")
        }
        range = low...high
    }
}
