/// A TOML file as the person who wrote it sees it: where a mistake of theirs stands, and what may have been meant.
public struct TOMLLines: Sendable {
    private let lines: [Substring]

    public init(_ text: String) { lines = text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The number of the line, from 1, that begins with a key and an equals sign, or with a table of that name.
    public func number(of key: String) -> Int? {
        let index = lines.firstIndex { line in
            let line = line.drop { " \t\"'[".contains($0) }
            guard line.hasPrefix(key) else { return false }
            return "=.]".contains(line.dropFirst(key.count).drop { " \t\"'".contains($0) }.first ?? " ")
        }
        return index.map { $0 + 1 }
    }

    /// What no parser says: TOML knows no zero, and the library takes one for the end, so that what stands behind it would be
    /// read by people alone. Nil when there is none.
    public var zero: String? {
        let index = lines.firstIndex { $0.utf8.contains(0) }
        return index.map { "line \($0 + 1): there is a zero byte in it, which is no TOML." }
    }

    /// What a sentence about a key begins with: "line 3: ", or nothing where no line is found.
    public func place(of key: String) -> String { number(of: key).map { "line \($0): " } ?? "" }

    /// Behind a parser's sentence: the commonest reason why a line is no TOML; empty where that is not it.
    public func hint(on number: Int) -> String {
        guard lines.indices.contains(number - 1), let found = lines[number - 1].firstMatch(of: /=\s*([^\s"'\[{#][^#]*)/) else { return "" }
        let value = found.1.trimmingPrefix { $0 == " " }
        let isBare = !["true", "false"].contains(value) && value.contains { $0.isLetter || ".:/".contains($0) }
        return isBare ? "; a text stands in quotes" : ""
    }

    /// Of a key that there is not: which one may be meant, or all that there are.
    public static func unknown(_ key: String, among known: [String]) -> String {
        let nearest = known.map { ($0, $0.editDistance(to: key)) }.min { $0.1 < $1.1 }
        if let (near, distance) = nearest, distance <= max(2, near.count / 3) {
            return "there is no setting “\(key)”. Did you mean “\(near)”?"
        }
        return "there is no setting “\(key)”. Known are: \(known.sorted().joined(separator: ", "))."
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
