import ArgumentParser

/// A time limit as people write it: `500ms`, `15s`, `1m`; at most ten minutes.
struct ProbeTimeout: ExpressibleByArgument, CustomStringConvertible {
    let duration: Duration
    let description: String

    init(duration: Duration) {
        self.duration = duration
        description = "\(duration.components.seconds)s"
    }

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), count > 0, count <= 600_000 else { return nil }
        switch argument.dropFirst(digits.count) {
        case "ms": duration = .milliseconds(count)
        case "s", "": duration = .seconds(count)
        case "m": duration = .seconds(count * 60)
        default: return nil
        }
        guard duration <= .seconds(600) else { return nil }
        description = argument
    }
}
