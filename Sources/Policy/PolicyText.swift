internal import NetPrimitives
internal import TOMLKit

/// A policy as somebody has written it: the administrator's file, or the table `[policy]` of a person's configuration.
public struct PolicyText: Hashable, Sendable {
    let policy: Policy
    /// The keys that are set, and the line of each where it is known.
    let lines: [String: Int?]

    /// Nothing is set.
    public init() {
        policy = Policy()
        lines = [:]
    }

    /// Reads a file's text.
    ///
    /// - Throws: every mistake: its line, its key, and what to write.
    public init(file text: String) throws(PolicyError) {
        try self.init(text) { table throws(PolicyError) in table }
    }

    /// Reads the table `[policy]` in a configuration's text; without one, nothing is set.
    ///
    /// - Throws: every mistake in that table, or that the text is no TOML.
    public init(configuration text: String) throws(PolicyError) {
        try self.init(text) { table throws(PolicyError) in
            guard let value = table["policy"] else { return TOMLTable() }
            guard let table = value.table else {
                throw PolicyError([TOMLLines(text).place(of: "policy") + "policy: write a table, [policy]."])
            }
            return table
        }
    }

    private init(_ text: String, part: (TOMLTable) throws(PolicyError) -> TOMLTable) throws(PolicyError) {
        let lines = TOMLLines(text)
        if let zero = lines.zero { throw PolicyError([zero]) }
        let whole: TOMLTable
        do {
            whole = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let line = error.source.begin.line
            throw PolicyError(["line \(line): \(error.description)\(lines.hint(on: line))"])
        } catch {
            throw PolicyError(["not a TOML file: \(error)"])
        }
        let table = try part(whole)
        var policy = Policy()
        var places: [String: Int?] = [:]
        var mistakes: [(line: Int, sentence: String)] = []
        for key in table.keys {
            guard let value = table[key] else { continue }
            let place = lines.number(of: key)
            places.updateValue(place, forKey: key)
            do throws(PolicyMistake) {
                guard let setting = PolicySetting.named(key) else {
                    throw PolicyMistake(TOMLLines.unknown(key, among: PolicySetting.all.map(\.key)))
                }
                do throws(PolicyMistake) { try setting.read(value, &policy) } catch {
                    throw PolicyMistake("\(key): \(error.sentence)")
                }
            } catch {
                mistakes.append((place ?? 0, lines.place(of: key) + error.sentence))
            }
        }
        guard mistakes.isEmpty else { throw PolicyError(mistakes.sorted { $0.line < $1.line }.map(\.sentence)) }
        self.policy = policy
        self.lines = places
    }
}

/// A policy that cannot be: a sentence for each mistake, which says where it is and what to write.
public struct PolicyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// At least one.
    public let mistakes: [String]

    public init(_ mistakes: [String]) { self.mistakes = mistakes }

    public var description: String { mistakes.joined(separator: "\n") }
}
