import Foundation
public import Logging
import Synchronization

/// The relay's log: lines of text or of JSON on standard error. Secrets never reach it.
public enum RelayLog {
    public static func logger(_ configuration: ServeConfiguration) -> Logger {
        var logger = Logger(label: "ra-relay") { _ in LineLogHandler(format: configuration.logFormat) }
        logger.logLevel = Logger.Level(rawValue: configuration.logLevel.rawValue) ?? .info
        return logger
    }
}

/// Writes each message as one line, whatever it holds.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    let format: ServeConfiguration.LogFormat

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = Date.now.ISO8601Format()
        let line: String
        switch format {
        case .text:
            line = ([time, event.level.rawValue, "\(event.message)"] + fields.map { "\($0.key)=\($0.value)" })
                .joined(separator: " ").oneLine
        case .json:
            var object = ["time": time, "level": event.level.rawValue, "message": "\(event.message)"]
            for (key, value) in fields { object[key] = "\(value)" }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            line = (try? encoder.encode(object)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        }
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }
}

extension String {
    /// Without control characters: a line of the log stays one, whatever is in it.
    fileprivate var oneLine: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
