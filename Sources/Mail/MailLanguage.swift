/// The languages in which an invitation is written.
public enum MailLanguage: String, Sendable, Hashable, CaseIterable {
    case english = "en"
    case french = "fr"

    /// The language that a locale names (`fr_CA.UTF-8`, `fr`, `C`): English for each that is not spoken here.
    public init(locale: String) {
        self = Self.allCases.first { locale == $0.rawValue || locale.hasPrefix("\($0.rawValue)_") || locale.hasPrefix("\($0.rawValue).") } ?? .english
    }
}
