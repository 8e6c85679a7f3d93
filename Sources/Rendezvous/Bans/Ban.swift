/// Somebody whom no relay of a fleet serves, until when, and why.
public struct Ban: Hashable, Sendable {
    /// How many there may be: each relay keeps them all in memory, and reads them every other second.
    public static let limit = 10_000
    /// Of a reason, in bytes.
    public static let longestReason = 200

    public let subject: BanSubject
    public let added: UnixTime
    /// Nil: until it is removed.
    public let expires: UnixTime?
    /// For operators; no client hears it. Plain text of one line, or empty.
    public let reason: String
    /// Of a person's name: the key that has it since before the ban, as the store says when it is read; nil: nobody's, or not asked.
    /// Who got it later, at a node that did not know of the ban yet, is not whom it was made for.
    public let holder: PersonKey?

    /// - Parameter reason: what is not plain or too long is left out.
    public init(_ subject: BanSubject, added: UnixTime, expires: UnixTime? = nil, reason: String = "", holder: PersonKey? = nil) {
        self.subject = subject
        self.added = added
        self.expires = expires
        self.reason = PlainText.cleaned(reason, limit: Self.longestReason)
        self.holder = holder
    }

    public func holds(at time: UnixTime) -> Bool { expires.map { $0 > time } ?? true }
}
