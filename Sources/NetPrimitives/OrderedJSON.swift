/// A value of JSON (RFC 8259) that is written on one line, its members in the order in which they are given: Foundation's
/// encoder promises neither.
public enum OrderedJSON: Sendable {
    case string(String)
    /// A number, true, false or null, as JSON writes it.
    case literal(String)
    case array([OrderedJSON])
    case members([(name: String, value: OrderedJSON)])

    public static let null = OrderedJSON.literal("null")

    public static func boolean(_ value: Bool) -> OrderedJSON { .literal("\(value)") }

    public static func number(_ value: some BinaryInteger) -> OrderedJSON { .literal("\(value)") }

    public static func object(_ members: KeyValuePairs<String, OrderedJSON>) -> OrderedJSON {
        .members(members.map { ($0.key, $0.value) })
    }

    /// The value's text, or null.
    public static func optional(_ value: (some CustomStringConvertible)?) -> OrderedJSON {
        value.map { .string("\($0)") } ?? .null
    }

    public static func optional(_ value: Bool?) -> OrderedJSON { value.map { .boolean($0) } ?? .null }

    /// As JSON.
    public var text: String {
        switch self {
        case .string(let value): Self.quoted(value)
        case .literal(let text): text
        case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .members(let members):
            "{" + members.map { Self.quoted($0.name) + ":" + $0.value.text }.joined(separator: ",") + "}"
        }
    }

    /// A string of JSON (RFC 8259 §7), without a character that no one sees, that ends a line or that steers a terminal.
    public static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case let scalar where scalar.isPrintable: text.unicodeScalars.append(scalar)
            case let scalar:
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return text + "\""
    }
}

extension Unicode.Scalar {
    /// Whether a person sees it; of the spaces, the usual one alone.
    public var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
        case .spaceSeparator: self == " "
        default: true
        }
    }
}
