import Foundation
import Mail

/// Moments as they stand in a message.
enum MailDate {
    /// RFC 5322 section 3.3, in UTC: `Sat, 21 Nov 2026 14:00:00 +0000`.
    static func header(_ date: Date) -> String {
        text(date, "EEE, dd MMM yyyy HH:mm:ss '+0000'", locale: "en_US_POSIX", zone: .gmt)
    }

    /// In the person's own time and in UTC, since the helper may be anywhere.
    static func expiry(_ date: Date, language: MailLanguage, zone: TimeZone = .current) -> String {
        switch language {
        case .english:
            text(date, "EEEE d MMMM yyyy, HH:mm", locale: "en_GB", zone: zone) + " (\(name(of: zone, at: date)); "
                + text(date, "d MMMM, HH:mm", locale: "en_GB", zone: .gmt) + " UTC)"
        case .french:
            text(date, "EEEE d MMMM yyyy 'à' HH:mm", locale: "fr_FR", zone: zone) + " (\(name(of: zone, at: date)) ; "
                + text(date, "d MMMM 'à' HH:mm", locale: "fr_FR", zone: .gmt) + " UTC)"
        }
    }

    /// `UTC+1`: names of zones mean something else elsewhere.
    private static func name(of zone: TimeZone, at date: Date) -> String {
        let minutes = zone.secondsFromGMT(for: date) / 60
        guard minutes != 0 else { return "UTC" }
        let rest = abs(minutes) % 60
        return "UTC\(minutes < 0 ? "−" : "+")\(abs(minutes) / 60)" + (rest == 0 ? "" : ":\(rest < 10 ? "0" : "")\(rest)")
    }

    private static func text(_ date: Date, _ format: String, locale: String, zone: TimeZone) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: locale)
        formatter.timeZone = zone
        formatter.dateFormat = format
        return formatter.string(from: date)
    }
}
