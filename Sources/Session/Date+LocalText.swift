public import Foundation

extension Date {
    /// A moment for a person: their own time, and how it differs from UTC, as in `2026-11-21 15:04:05 UTC+01:00`.
    public func localText(in zone: TimeZone = .current) -> String {
        let style = Date.ISO8601FormatStyle(dateTimeSeparator: .space, timeZone: zone).year().month().day()
        let time = formatted(style.time(includingFractionalSeconds: false))
        let minutes = zone.secondsFromGMT(for: self) / 60
        guard minutes != 0 else { return time + " UTC" }
        let (hours, rest) = abs(minutes).quotientAndRemainder(dividingBy: 60)
        return "\(time) UTC\(minutes < 0 ? "-" : "+")\(hours < 10 ? "0" : "")\(hours):\(rest < 10 ? "0" : "")\(rest)"
    }
}
