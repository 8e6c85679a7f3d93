import ArgumentParser

/// A time as people write it: `90s`, `30m`, `1h`, `2d`.
struct Lifetime: ExpressibleByArgument, CustomStringConvertible {
    let seconds: Int

    init(seconds: Int) { self.seconds = seconds }

    init?(argument: String) {
        guard let unit = argument.last, let factor = ["s": 1, "m": 60, "h": 3600, "d": 86_400][unit],
            let count = Int(argument.dropLast()), (1...36_500).contains(count)
        else { return nil }
        seconds = count * factor
    }

    var description: String {
        switch seconds {
        case let seconds where seconds.isMultiple(of: 3600): "\(seconds / 3600)h"
        case let seconds where seconds.isMultiple(of: 60): "\(seconds / 60)m"
        default: "\(seconds)s"
        }
    }
}
