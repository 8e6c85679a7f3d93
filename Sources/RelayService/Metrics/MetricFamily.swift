/// A metric with its samples, in the text format of Prometheus, version 0.0.4.
struct MetricFamily: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable { case counter, gauge, histogram }

    struct Label: Hashable, Sendable {
        let name: String
        let value: String
    }

    struct Sample: Hashable, Sendable {
        /// Behind the family's name: a histogram's `_bucket`, `_sum`, `_count`.
        var suffix = ""
        var labels: [Label] = []
        let value: Double
    }

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    let name: String
    let kind: Kind
    /// One line.
    let help: String
    var samples: [Sample]

    func write(to text: inout String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            text += "\(name)\(sample.suffix)\(labels.isEmpty ? "" : "{\(labels)}") \(Self.number(sample.value))\n"
        }
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, letter in
            switch letter {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(letter)
            }
        }
    }

    /// Whole numbers without a point, as far as a double tells them apart.
    static func number(_ value: Double) -> String {
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }
}
