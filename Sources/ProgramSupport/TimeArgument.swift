import ArgumentParser
import NetPrimitives

/// Reads a time on the command line: `90s`, `30m`, `1h`, `2d`.
@Sendable public func timeArgument(_ text: String) throws -> Duration {
    guard let duration = Duration(humanText: text) else {
        throw ValidationError("“\(text)” is not a time. Write it like 90s, 30m, 1h or 2d.")
    }
    return duration
}
