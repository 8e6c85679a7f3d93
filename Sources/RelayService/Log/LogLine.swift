import Foundation
import Logging

/// One line of the log. As text: time, level, message, then `key=value`; what could be taken for something else stands in
/// quotes, as in JSON. As JSON: an object with `time`, `level`, `message` and the fields.
struct LogLine {
    let time: Date
    let level: Logger.Level
    let message: String
    let fields: Logger.Metadata

    func written(as format: ServeConfiguration.LogFormat) -> String {
        let fields = fields.map { (Self.name($0.key), LogValue($0.value)) }.sorted { $0.0 < $1.0 }
        switch format {
        case .text:
            let message = message.isEmpty || message.contains("=") ? message.quoted : message.plain(allowing: " ") ?? message.quoted
            return ([stamp, level.rawValue, message] + fields.map { "\($0.0)=\($0.1.text.plain() ?? $0.1.text.quoted)" })
                .joined(separator: " ")
        case .json:
            let head = [("time", stamp), ("level", level.rawValue), ("message", message)].map { ($0.0, LogValue.text($0.1)) }
            return LogValue.object(head + fields)
        }
    }

    /// RFC 3339, in UTC, with milliseconds.
    private var stamp: String {
        time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// No field is taken for the line's own.
    private static func name(_ key: String) -> String {
        let isTaken = key.hasPrefix("_") || ["time", "level", "message"].contains(key)
        return (isTaken ? "_" : "") + String(key.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) ? $0 : "-" })
    }
}

/// A field's value: what is a number in the program is one in JSON.
enum LogValue {
    case text(String)
    /// As JSON writes it; yes and no too.
    case number(String)
    case list([LogValue])
    case table([(String, LogValue)])

    init(_ value: Logger.MetadataValue) {
        switch value {
        case .string(let text): self = .text(text)
        case .array(let values): self = .list(values.map(LogValue.init))
        case .dictionary(let fields): self = .table(fields.sorted { $0.key < $1.key }.map { ($0.key, LogValue($0.value)) })
        case .stringConvertible(let value):
            switch value {
            case let flag as Bool: self = .number("\(flag)")
            case let number as any BinaryInteger: self = .number("\(number)")
            case let number as Double where number.isFinite: self = .number("\(number)")
            default: self = .text("\(value)")
            }
        }
    }

    var text: String {
        switch self {
        case .text(let text), .number(let text): text
        case .list(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .table(let fields): "{" + fields.map { "\($0.0):\($0.1.text)" }.joined(separator: ",") + "}"
        }
    }

    var json: String {
        switch self {
        case .text(let text): text.quoted
        case .number(let text): text
        case .list(let values): "[" + values.map(\.json).joined(separator: ",") + "]"
        case .table(let fields): Self.object(fields)
        }
    }

    static func object(_ fields: [(String, LogValue)]) -> String {
        "{" + fields.map { "\($0.0.quoted):\($0.1.json)" }.joined(separator: ",") + "}"
    }
}

extension String {
    /// Itself when nothing in it ends a value or begins another, nil else.
    fileprivate func plain(allowing further: Unicode.Scalar? = nil) -> String? {
        let isPlain = !isEmpty && unicodeScalars.allSatisfy {
            $0 == further || ($0 != " " && $0 != "\"" && $0 != "\\" && $0 != "=" && $0.isPrintable)
        }
        return isPlain ? self : nil
    }

    /// A string of JSON (RFC 8259 §7), without a character that no one sees or that ends a line.
    fileprivate var quoted: String {
        var text = "\""
        for scalar in unicodeScalars {
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
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
        case .spaceSeparator: self == " "
        default: true
        }
    }
}
