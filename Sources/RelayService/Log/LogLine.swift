import Foundation
import Logging
import NetPrimitives

/// One line of the log. As text: time, level, message, then `key=value`; what could be taken for something else stands in
/// quotes, as in JSON. As JSON: an object with `time`, `level`, `message` and the fields.
struct LogLine {
    let time: Date
    let level: Logger.Level
    let message: String
    let fields: Logger.Metadata

    func written(as format: ServeConfiguration.LogFormat) -> String {
        let fields = fields.map { (name: Self.name($0.key), value: OrderedJSON($0.value)) }.sorted { $0.name < $1.name }
        switch format {
        case .text:
            let message = message.isEmpty || message.contains("=") ? message.quoted : message.plain(allowing: " ") ?? message.quoted
            return ([stamp, level.rawValue, message] + fields.map { "\($0.name)=\($0.value.bare.plain() ?? $0.value.bare.quoted)" })
                .joined(separator: " ")
        case .json:
            let head = [("time", stamp), ("level", level.rawValue), ("message", message)]
            return OrderedJSON.members(head.map { (name: $0.0, value: .string($0.1)) } + fields).text
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
extension OrderedJSON {
    fileprivate init(_ value: Logger.MetadataValue) {
        switch value {
        case .string(let text): self = .string(text)
        case .array(let values): self = .array(values.map(OrderedJSON.init))
        case .dictionary(let fields):
            self = .members(fields.sorted { $0.key < $1.key }.map { ($0.key, OrderedJSON($0.value)) })
        case .stringConvertible(let value):
            switch value {
            case let flag as Bool: self = .boolean(flag)
            case let number as any BinaryInteger: self = .number(number)
            case let number as Double where number.isFinite: self = .literal("\(number)")
            default: self = .string("\(value)")
            }
        }
    }

    /// In a line of text, before it is put in quotes where it needs some.
    fileprivate var bare: String {
        switch self {
        case .string(let text), .literal(let text): text
        case .array(let values): "[" + values.map(\.bare).joined(separator: ",") + "]"
        case .members(let fields): "{" + fields.map { "\($0.name):\($0.value.bare)" }.joined(separator: ",") + "}"
        }
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

    fileprivate var quoted: String { OrderedJSON.quoted(self) }
}
