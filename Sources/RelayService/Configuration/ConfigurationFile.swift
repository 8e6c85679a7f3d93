import TOMLKit

/// Reads `ra-relay`'s TOML file: the keys are those of `Setting.all`.
public enum ConfigurationFile {
    /// - Throws: `ConfigurationError` with every mistake: its line, its key and the reason.
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
    /// - Throws: as `parse`.
    public static func check(_ text: String) throws(ConfigurationError) {
        let configuration = try parse(text)
        if let (key, sentence) = configuration.contradictions().first {
            throw ConfigurationError("\(place(of: key, in: text))\(key): \(sentence)")
        }
        guard configuration.tlsCertificate != nil else { return }
        do throws(ConfigurationError) {
            _ = try CertificateSource(configuration, state: StateDirectory(configured: nil))?.load().makeContext()
        } catch {
            throw ConfigurationError("\(place(of: "tls-cert", in: text))\(error)")
        }
    }

    private static func place(of key: String, in text: String) -> String {
        line(of: key, in: text).map { "line \($0): " } ?? ""
    }

    private static func unknown(_ key: String) -> String {
        let keys = Setting.all.map(\.key)
        let nearest = keys.map { ($0, $0.editDistance(to: key)) }.min { $0.1 < $1.1 }
        if let (near, distance) = nearest, distance <= max(2, near.count / 3) {
            return "there is no setting “\(key)”. Did you mean “\(near)”?"
        }
        return "there is no setting “\(key)”. Known are: \(keys.sorted().joined(separator: ", "))."
    }

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
