/// A JSON value that is written with its keys in the order they are given, which Foundation's encoder does not promise.
enum OrderedJSON: Sendable {
    case null
    case boolean(Bool)
    case number(Int64)
    case string(String)
    case array([OrderedJSON])
    case object(KeyValuePairs<String, OrderedJSON>)

    static func optional(_ value: (some CustomStringConvertible)?) -> OrderedJSON {
        value.map { .string("\($0)") } ?? .null
    }

    /// On one line (RFC 8259).
    var text: String {
        switch self {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .number(let value): "\(value)"
        case .string(let value): Self.quoted(value)
        case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.key) + ":" + $0.value.text }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{0}"..<"\u{20}", "\u{7F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
