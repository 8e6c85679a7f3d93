/// Settings that cannot be; each sentence names the setting and says what would do.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Every mistake, one sentence each.
    public let mistakes: [String]

    public init(_ mistake: String) { mistakes = [mistake] }

    /// - Parameter mistakes: at least one.
    init(mistakes: [String]) { self.mistakes = mistakes }

    /// A line for each mistake.
    public var description: String { mistakes.joined(separator: "\n") }
}
