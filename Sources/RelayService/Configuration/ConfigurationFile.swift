import NetPrimitives
import TOMLKit

/// Reads `ra-relay`'s TOML file: the keys are those of `Setting.all`.
public enum ConfigurationFile {
    /// - Throws: `ConfigurationError` with every mistake: its line, its key and the reason.
    public static func parse(_ text: String) throws(ConfigurationError) -> ServeConfiguration {
        let lines = TOMLLines(text)
        if let zero = lines.zero { throw ConfigurationError(zero) }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let line = error.source.begin.line
            throw ConfigurationError("line \(line): \(error.description)\(lines.hint(on: line))")
        } catch {
            throw ConfigurationError("not a TOML file: \(error)")
        }
        var configuration = ServeConfiguration()
        var mistakes: [(line: Int, sentence: String)] = []
        var misread: Set<String> = []
        func note(_ key: String, _ sentence: String) {
            mistakes.append((lines.number(of: key) ?? 0, lines.place(of: key) + sentence))
        }
        for key in table.keys {
            guard let value = table[key] else { continue }
            guard let setting = Setting.named(key) else {
                note(key, unknown(key))
                continue
            }
            setting.apply(value, &configuration) {
                misread.insert(key)
                note(key, "\(key): \($0)")
            }
        }
        for (key, sentence) in configuration.problems() where !misread.contains(key) {
            note(key, "\(key): \(sentence)")
        }
        guard mistakes.isEmpty else {
            throw ConfigurationError(mistakes: mistakes.sorted { $0.line < $1.line }.map(\.sentence))
        }
        return configuration
    }

    /// Reads a file, checks what no single key shows, and reads the files that it names.
    ///
    /// - Returns: what is no mistake, but may not be meant, a sentence each.
    /// - Throws: as `parse`.
    public static func check(_ text: String) throws(ConfigurationError) -> [String] {
        let configuration = try parse(text)
        let lines = TOMLLines(text)
        if let (key, sentence) = configuration.contradictions().first {
            throw ConfigurationError("\(lines.place(of: key))\(key): \(sentence)")
        }
        let notes = configuration.notes() + (try certificateNotes(configuration, in: lines))
        return notes.map { "\(lines.place(of: $0.key))\($0.key): \($0.sentence)" }
    }

    /// Reads the certificate and its key, when they are named.
    private static func certificateNotes(
        _ configuration: ServeConfiguration, in lines: TOMLLines
    ) throws(ConfigurationError) -> [(key: String, sentence: String)] {
        guard let chain = configuration.tlsCertificate, let key = configuration.tlsKey else { return [] }
        do throws(ConfigurationError) {
            let certificate = try CertificateSource.files(certificate: chain, key: key).load()
            _ = try certificate.makeContext()
            return certificate.note.map { [(key: "tls-cert", sentence: $0)] } ?? []
        } catch {
            throw ConfigurationError("\(lines.place(of: "tls-cert"))\(error)")
        }
    }

    private static func unknown(_ key: String) -> String {
        if let ours = coturnKeys[key] { return "“\(key)” is coturn's: here it is “\(ours)”, see docs/coturn.md." }
        return TOMLLines.unknown(key, among: Setting.all.map(\.key))
    }

    /// What stands in many a turnserver.conf, and the key that took its place.
    static let coturnKeys = [
        "listening-port": "port", "tls-listening-port": "tls-port", "listening-ip": "listen", "relay-ip": "listen",
        "min-port": "relay-ports", "max-port": "relay-ports", "relay-threads": "workers", "aux-server": "also-listen",
        "user": "users", "use-auth-secret": "auth-secret", "static-auth-secret": "auth-secret", "cert": "tls-cert", "pkey": "tls-key",
        "user-quota": "quota-per-user", "total-quota": "quota-total", "max-bps": "bandwidth-per-allocation",
        "bps-capacity": "bandwidth-total", "allowed-peer-ip": "allow-peer", "denied-peer-ip": "deny-peer", "prometheus": "metrics",
        "rfc5780": "nat-discovery", "no-tcp-relay": "tcp-allocations", "verbose": "log-level", "server-name": "realm",
    ]
}
