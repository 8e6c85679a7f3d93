import Foundation
import Logging
import Synchronization

/// What the programs write down for whoever looks for a fault: how the relay, the router and the paths are looked for, on
/// standard error. What people are told stands elsewhere; secrets, and what the two say and show each other, never reach it.
public enum ClientLog {
    public enum Level: String, CaseIterable, Sendable { case trace, debug, info, notice, warning, error }

    /// Nothing that is written is so bad.
    private static let threshold = Mutex(Logger.Level.critical)

    static let relay = logger("relay")
    static let router = logger("router")
    static let path = logger("path")

    /// Nothing is written until a program has said how much.
    public static func write(from level: Level) {
        threshold.withLock { $0 = Logger.Level(rawValue: level.rawValue) ?? .error }
    }

    /// A step on the way to the other computer: for whoever wonders where the time goes.
    static func step(_ step: String, _ fields: @autoclosure () -> [String: String] = [:]) {
        path.debug("\(step)", metadata: fields().mapValues { .string($0) })
    }

    private static func logger(_ part: String) -> Logger { Logger(label: part) { ClientLogHandler(part: $0) } }

    fileprivate static var level: Logger.Level { threshold.withLock { $0 } }
}

/// Writes each message as one line, whatever it holds: `14:03:07.123 debug relay: asked for its description by=direct`.
struct ClientLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    private let part: String

    init(part: String) { self.part = part }

    /// One for all.
    var logLevel: Logger.Level {
        get { ClientLog.level }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }
        let line = line(event.level, "\(event.message)", fields, at: Date())
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }

    /// The fields in the order of their names.
    func line(_ level: Logger.Level, _ message: String, _ fields: Logger.Metadata, at time: Date) -> String {
        let seconds = Date.ISO8601FormatStyle(includingFractionalSeconds: true, timeZone: .current).time(includingFractionalSeconds: true)
        let words = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        return "\(time.formatted(seconds)) \(level) \(part): \(message)\(words)".printable
    }
}
