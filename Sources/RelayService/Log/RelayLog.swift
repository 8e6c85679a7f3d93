import Foundation
public import Logging
import Synchronization

/// The relay's log: lines of text or of JSON on standard error. Secrets never reach it.
public struct RelayLog: Sendable {
    public let logger: Logger
    private let threshold: LogThreshold

    public init(_ configuration: ServeConfiguration) {
        let threshold = LogThreshold(Self.level(configuration))
        self.threshold = threshold
        logger = Logger(label: "ra-relay") { _ in LineLogHandler(format: configuration.logFormat, threshold: threshold) }
    }

    /// Takes the level of another configuration over, for whoever has got the logger already.
    public func follow(_ configuration: ServeConfiguration) { threshold.level = Self.level(configuration) }

    private static func level(_ configuration: ServeConfiguration) -> Logger.Level {
        Logger.Level(rawValue: configuration.logLevel.rawValue) ?? .info
    }
}

/// The level from which on is logged: one for all copies of a logger.
final class LogThreshold: Sendable {
    private let current: Mutex<Logger.Level>

    init(_ level: Logger.Level) { current = Mutex(level) }

    var level: Logger.Level {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }
}

/// Writes each message as one line, whatever it holds.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    let format: ServeConfiguration.LogFormat
    let threshold: LogThreshold

    var logLevel: Logger.Level {
        get { threshold.level }
        set { threshold.level = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let line = LogLine(
            time: .now, level: event.level, message: "\(event.message)",
            fields: metadata.merging(event.metadata ?? [:]) { $1 })
        try? FileHandle.standardError.write(contentsOf: Data((line.written(as: format) + "\n").utf8))
    }
}
