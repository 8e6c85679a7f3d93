/// What a helper holds: where to meet, and the secret; a file also says until when, for what, and from whom.
///
/// The one object behind the four clothes. The sharer's side of it is `OwnedInvitation`.
public struct Invitation: Sendable, Equatable {
    /// The relay where the sharer waits; a spoken code does not carry it.
    public var relay: RelayURL?
    public var lookup: Lookup
    public var key: InvitationKey
    public var expires: UnixTime?
    public var ceiling: Ceiling?
    /// Who invites, in their own words: not proven by anything.
    public var from: String?
    public var message: String?

    public init(
        relay: RelayURL?, lookup: Lookup, key: InvitationKey, expires: UnixTime? = nil, ceiling: Ceiling? = nil,
        from: String? = nil, message: String? = nil
    ) {
        self.relay = relay
        self.lookup = lookup
        self.key = key
        self.expires = expires
        self.ceiling = ceiling
        self.from = from
        self.message = message
    }

    /// Reads a code, a link, or the contents of a file: what a person may have been given.
    ///
    /// A sealed file throws `passwordNeeded` until its password comes with it.
    public static func parse(_ text: String, password: String? = nil) throws(InvitationError) -> Invitation {
        let bytes = text.utf8.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        if bytes.first == UInt8(ascii: "{") {
            return try InvitationFile(parsing: Array(bytes)).open(password: password)
        }
        let trimmed = String(Substring(bytes).trimmingSuffix(while: \.isWhitespace))
        if trimmed.contains("/") {
            let link = try InvitationLink(parsing: trimmed)
            return Invitation(relay: link.relay, lookup: link.lookup, key: link.key)
        }
        let code = try InvitationCode(parsing: trimmed)
        return Invitation(relay: nil, lookup: code.lookup, key: code.key)
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while matches: (Character) -> Bool) -> Substring {
        var rest = self
        while let last = rest.last, matches(last) { rest.removeLast() }
        return rest
    }
}
