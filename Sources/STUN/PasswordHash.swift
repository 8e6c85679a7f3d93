/// How the key of the long-term mechanism is made of a password (RFC 8489 §18.5.1).
public enum PasswordHash: UInt16, Hashable, Sendable {
    /// What RFC 5389 knows: "MUST only be used for compatibility with legacy systems".
    case md5 = 1
    case sha256 = 2

    /// nil for a number that nobody has given to one of these, and for parameters, which neither has.
    public init?(_ algorithm: PasswordAlgorithm) {
        guard algorithm.parameters.isEmpty else { return nil }
        self.init(rawValue: algorithm.number)
    }
}

extension PasswordAlgorithm {
    public init(_ hash: PasswordHash) { self.init(number: hash.rawValue) }
}

extension PasswordAlgorithms {
    /// What we offer, best first.
    public static let offered = PasswordAlgorithms([PasswordAlgorithm(.sha256), PasswordAlgorithm(.md5)])
}
