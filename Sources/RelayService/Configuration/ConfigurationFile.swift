import TOMLKit

/// Reads `ra-relay`'s TOML file: the keys are those of `Setting.all`.
public enum ConfigurationFile {
    /// - Throws: `ConfigurationError` with every mistake: its line, its key and the reason.
    public static func parse(_ text: String) throws(ConfigurationError) -> ServeConfiguration {
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let line = error.source.begin.line
            throw ConfigurationError("line \(line): \(error.description)\(hint(on: line, of: text))")
        } catch {
            throw ConfigurationError("not a TOML file: \(error)")
        }
        var configuration = ServeConfiguration()
        var mistakes: [(line: Int, sentence: String)] = []
        var misread: Set<String> = []
        func note(_ key: String, _ sentence: String) {
            mistakes.append((line(of: key, in: text) ?? 0, place(of: key, in: text) + sentence))
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
        if let (key, sentence) = configuration.contradictions().first {
            throw ConfigurationError("\(place(of: key, in: text))\(key): \(sentence)")
        }
        let notes = configuration.notes() + (try certificateNotes(configuration, in: text))
        return notes.map { "\(place(of: $0.key, in: text))\($0.key): \($0.sentence)" }
    }

    /// Reads the certificate and its key, when they are named.
    private static func certificateNotes(
        _ configuration: ServeConfiguration, in text: String
    ) throws(ConfigurationError) -> [(key: String, sentence: String)] {
        guard let chain = configuration.tlsCertificate, let key = configuration.tlsKey else { return [] }
        do throws(ConfigurationError) {
            let certificate = try CertificateSource.files(certificate: chain, key: key).load()
            _ = try certificate.makeContext()
            return certificate.note.map { [(key: "tls-cert", sentence: $0)] } ?? []
        } catch {
            throw ConfigurationError("\(place(of: "tls-cert", in: text))\(error)")
        }
    }

    private static func place(of key: String, in text: String) -> String {
        line(of: key, in: text).map { "line \($0): " } ?? ""
    }

    /// The commonest reason why a line is no TOML.
    private static func hint(on line: Int, of text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(line - 1), let found = lines[line - 1].firstMatch(of: /=\s*([^\s"'\[{#][^#]*)/) else { return "" }
        let value = found.1.trimmingPrefix { $0 == " " }
        let isBare = !["true", "false"].contains(value) && value.contains { $0.isLetter || ".:/".contains($0) }
        return isBare ? "; a text stands in quotes" : ""
    }

    private static func unknown(_ key: String) -> String {
        if let ours = coturnKeys[key] { return "“\(key)” is coturn's: here it is “\(ours)”, see docs/coturn.md." }
        let keys = Setting.all.map(\.key)
        let nearest = keys.map { ($0, $0.editDistance(to: key)) }.min { $0.1 < $1.1 }
        if let (near, distance) = nearest, distance <= max(2, near.count / 3) {
            return "there is no setting “\(key)”. Did you mean “\(near)”?"
        }
        return "there is no setting “\(key)”. Known are: \(keys.sorted().joined(separator: ", "))."
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

    /// The line that begins with a key and an equals sign, or with a table of that name.
    private static func line(of key: String, in text: String) -> Int? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let index = lines.firstIndex { line in
            let line = line.drop { " \t\"'[".contains($0) }
            guard line.hasPrefix(key) else { return false }
            return "=.]".contains(line.dropFirst(key.count).drop { " \t\"'".contains($0) }.first ?? " ")
        }
        return index.map { $0 + 1 }
    }
}

extension String {
    /// Letters to insert, delete or exchange until one is the other. What is longer than any key is cut off.
    fileprivate func editDistance(to other: String) -> Int {
        let (from, to) = (Array(prefix(64)), Array(other.prefix(64)))
        var row = Array(0...to.count)
        for (line, letter) in from.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in to.indices {
                let cost = diagonal + (letter == to[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(cost, row[column] + 1, diagonal + 1)
            }
        }
        return row[to.count]
    }
}
