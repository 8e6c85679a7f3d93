/// Settings that cannot be; each sentence names the setting and says what would do.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Every mistake, one sentence each.
    public let mistakes: [String]

    public init(_ mistake: String) { mistakes = [mistake] }

    /// - Parameter mistakes: at least one.
    init(mistakes: [String]) { self.mistakes = mistakes }

    /// The same, each with the name of the file that it was made in.
    public func of(file: String) -> ConfigurationError { ConfigurationError(mistakes: mistakes.map { "\(file): \($0)" }) }

    /// A line for each mistake.
    public var description: String { mistakes.joined(separator: "\n") }
}
