import Foundation
import Logging
@testable import RelayService
import Testing

@Suite("A line of the log")
struct LogLineTests {
    private func line(_ message: String, _ fields: Logger.Metadata, as format: ServeConfiguration.LogFormat) -> String {
        LogLine(time: Date(timeIntervalSince1970: 1_700_000_000.25), level: .info, message: message, fields: fields)
            .written(as: format)
    }

    private struct Other: CustomStringConvertible, Sendable { let description = "a b" }

    @Test("begins with time, level and message; fields stand in order")
    func text() {
        let fields: Logger.Metadata = ["udp": .array([.stringConvertible(3478), .stringConvertible(5349)]), "state": "/var/lib/x"]
        #expect(line("listening", fields, as: .text) == "2023-11-14T22:13:20.250Z info listening state=/var/lib/x udp=[3478,5349]")
    }

    @Test("as JSON has numbers as numbers")
    func json() throws {
        let fields: Logger.Metadata = [
            "count": .stringConvertible(UInt64.max), "half": .stringConvertible(0.5), "yes": .stringConvertible(true),
            "nan": .stringConvertible(Double.nan), "other": .stringConvertible(Other()), "digits": "12",
            "list": .array([.stringConvertible(1), "x"]), "table": ["b": .stringConvertible(-1), "a": "y"],
        ]
        #expect(
            line("m", fields, as: .json) == """
                {"time":"2023-11-14T22:13:20.250Z","level":"info","message":"m","count":18446744073709551615,"digits":"12",\
                "half":0.5,"list":[1,"x"],"nan":"nan","other":"a b","table":{"a":"y","b":-1},"yes":true}
                """)
    }

    static let hostile = [
        "", " ", "a b", "a=b", "\"", "\\", "\\\"", "x\ny", "x\r\ny", "\u{1B}[31m", "\u{2028}", "\u{202E}abc", "\u{85}", "\u{0}",
        "info stopped allocations-cut=0", "ü 🙂", "\u{E000}",
    ]

    @Test("is one line without what no one sees, and gives back what it holds", arguments: hostile)
    func hostileValues(_ value: String) throws {
        for format in ServeConfiguration.LogFormat.allCases {
            let written = line(value, ["a": .string(value), value: "b", "n": .array([.string(value)])], as: format)
            #expect(written.unicodeScalars.allSatisfy {
                ![.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
            })
            guard format == .json else { continue }
            let object = try JSONSerialization.jsonObject(with: Data(written.utf8)) as? [String: Any]
            #expect(object?["message"] as? String == value && object?["a"] as? String == value)
            #expect(object?["n"] as? [String] == [value])
        }
        let field = line("m", ["a": .string(value)], as: .text).dropFirst("2023-11-14T22:13:20.250Z info m a=".count)
        // What has a space, a quote or an equals sign cannot be taken for the next field.
        if field.hasPrefix("\"") {
            #expect(try JSONDecoder().decode(String.self, from: Data(field.utf8)) == value)
        } else {
            #expect(field == value && !field.contains { " \"=\\".contains($0) })
        }
    }

    @Test("has its own time, level and message, whatever a field is called")
    func reserved() throws {
        let fields: Logger.Metadata = ["time": "t", "_time": "u", "level": "l", "message": "n"]
        let object = try JSONSerialization.jsonObject(with: Data(line("m", fields, as: .json).utf8)) as? [String: String]
        #expect(
            object == [
                "time": "2023-11-14T22:13:20.250Z", "level": "info", "message": "m", "_time": "t", "__time": "u", "_level": "l",
                "_message": "n",
            ])
    }

    @Test("a message cannot be taken for fields")
    func message() {
        #expect(line("stopped a=1", [:], as: .text) == "2023-11-14T22:13:20.250Z info \"stopped a=1\"")
    }

    @Test("the level of all copies of a logger follows")
    func level() {
        var configuration = ServeConfiguration()
        let log = RelayLog(configuration)
        let copy = log.logger
        #expect(copy.logLevel == .info)
        configuration.logLevel = .error
        log.follow(configuration)
        #expect(copy.logLevel == .error)
    }
}
