import Foundation

/// Rows for a terminal, in columns as wide as what is in them.
enum TextTable {
    static func text(_ rows: [[String]]) -> String { lines(rows).joined(separator: "\n") }

    static func lines(_ rows: [[String]]) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { cells in
            zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
                .joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }
    }
}
