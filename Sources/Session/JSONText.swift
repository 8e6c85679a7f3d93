/// Writes JSON with its keys in the order they are given, which Foundation's encoder does not promise.
struct JSONText: Sendable {
    private(set) var text: String

    private init(text: String) { self.text = text }

    static let null = JSONText(text: "null")

    static func string(_ value: String) -> JSONText {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}", "\u{7F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return JSONText(text: text + "\"")
    }

    static func optional(_ value: String?) -> JSONText { value.map(string) ?? null }
    static func number(_ value: some BinaryInteger) -> JSONText { JSONText(text: String(value)) }
    static func boolean(_ value: Bool) -> JSONText { JSONText(text: value ? "true" : "false") }

    static func array(_ values: [JSONText]) -> JSONText {
        JSONText(text: "[" + values.map(\.text).joined(separator: ",") + "]")
    }

    static func object(_ members: KeyValuePairs<String, JSONText>) -> JSONText {
        JSONText(text: "{" + members.map { string($0.key).text + ":" + $0.value.text }.joined(separator: ",") + "}")
    }
}
