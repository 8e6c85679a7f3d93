/// An invitation as an address: `https://relay.example.org/j/LOOKUP#SECRET`.
///
/// The secret is the fragment, which no browser sends to the server.
public struct InvitationLink: Sendable, Equatable {
    public let relay: RelayURL
    public let lookup: Lookup
    /// Of kind `link`.
    public let key: InvitationKey

    public init(relay: RelayURL, lookup: Lookup, key: InvitationKey) {
        precondition(key.kind == .link, "a link holds a link's secret")
        self.relay = relay
        self.lookup = lookup
        self.key = key
    }

    public init(parsing text: String) throws(InvitationError) {
        guard text.utf8.count <= 512, let path = text.firstRange(of: "/j/") else { throw .malformedLink }
        let parts = text[path.upperBound...].split(separator: "#", omittingEmptySubsequences: false)
        guard parts.count == 2, let relay = RelayURL(text[..<path.lowerBound]), let lookup = Lookup(parts[0]),
            let key = InvitationKey(linkText: parts[1])
        else { throw .malformedLink }
        self.init(relay: relay, lookup: lookup, key: key)
    }

    /// The link in clear, for the person who invites: whoever reads it can use it.
    public var exposedText: String { "\(relay)/j/\(lookup)#\(key.exposedText)" }
}

extension InvitationLink: CustomStringConvertible {
    /// Without the secret: a log may hold it.
    public var description: String { "\(relay)/j/\(lookup)#<redacted>" }
}
