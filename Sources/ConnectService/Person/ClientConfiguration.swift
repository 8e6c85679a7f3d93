import Foundation
import TOMLKit

/// The person's own settings: `~/.config/ra-connect/config.toml`.
public struct ClientConfiguration: Hashable, Sendable {
    /// The relay's URL.
    public var relay: String?
    /// The HTTP proxy's URL.
    var proxy: String?

    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// Reads the given file, or the usual one if it is there.
    public static func load(_ path: String?) throws -> ClientConfiguration {
        let environment = ProcessInfo.processInfo.environment
        let base = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.config"
        let file = path ?? base + "/ra-connect/config.toml"
        guard let data = FileManager.default.contents(atPath: file) else {
            if path != nil { throw Invalid(description: "\(file) cannot be read.") }
            return ClientConfiguration()
        }
        do {
            let table = try TOMLTable(string: String(decoding: data, as: UTF8.self))
            return ClientConfiguration(relay: table["relay"]?.string, proxy: table["proxy"]?.string)
        } catch {
            throw Invalid(description: "\(file) is not a TOML file: \(error)")
        }
    }
}
