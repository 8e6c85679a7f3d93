/// What a person writes to another to open a call; the relay does not see it.
public enum CallLetter: Hashable, Sendable {
    case ring(Ring)
    case offer(Offer)
    case request(ContactRequest)

    public var kind: CallKind {
        switch self {
        case .ring: .ring
        case .offer: .offer
        case .request: .request
        }
    }

    /// Where the sender says that it can be reached; whoever reads it asks that relay whose name it is.
    public var from: PersonAddress {
        switch self {
        case .ring(let ring): ring.from
        case .offer(let offer): offer.from
        case .request(let request): request.from
        }
    }
}

/// An invitation as a message to a contact: its fourth clothes.
public struct Ring: Hashable, Sendable {
    public var from: PersonAddress
    /// Where to meet, the long secret, until when, and for what at the most.
    public var relay: RelayURL
    public var lookup: Lookup
    /// Of kind `link`.
    public var key: InvitationKey
    public var expires: UnixTime
    public var ceiling: Ceiling
    /// What the sharer has typed; at most 2,000 bytes.
    public var message: String?
    /// The offer that it answers.
    public var about: CallID?

    public init(
        from: PersonAddress, relay: RelayURL, lookup: Lookup, key: InvitationKey, expires: UnixTime, ceiling: Ceiling,
        message: String? = nil, about: CallID? = nil
    ) {
        precondition(key.kind == .link, "a ring holds a link's secret")
        self.from = from
        self.relay = relay
        self.lookup = lookup
        self.key = key
        self.expires = expires
        self.ceiling = ceiling
        self.message = message
        self.about = about
    }

    /// The sharer's invitation, for a contact.
    public init(
        _ invitation: OwnedInvitation, at relay: RelayURL, from: PersonAddress, message: String? = nil, about: CallID? = nil
    ) {
        self.init(
            from: from, relay: relay, lookup: invitation.lookup, key: invitation.key(.link), expires: invitation.expires,
            ceiling: invitation.ceiling, message: message, about: about)
    }

    /// What the helper joins with.
    public var invitation: Invitation {
        Invitation(
            relay: relay, lookup: lookup, key: key, expires: expires, ceiling: ceiling, from: from.description, message: message)
    }

    /// The secret is not hashed.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(from)
        hasher.combine(lookup)
    }
}

/// Help that somebody offers: the other side decides whether it makes an invitation of it.
public struct Offer: Hashable, Sendable {
    public var from: PersonAddress
    /// What the ring that answers it is about.
    public var id: CallID
    public var ceiling: Ceiling
    /// At most 2,000 bytes.
    public var message: String?

    public init(from: PersonAddress, id: CallID, ceiling: Ceiling, message: String? = nil) {
        self.from = from
        self.id = id
        self.ceiling = ceiling
        self.message = message
    }
}

/// Somebody wants to be a contact.
public struct ContactRequest: Hashable, Sendable {
    public var from: PersonAddress
    /// At most 2,000 bytes.
    public var message: String?

    public init(from: PersonAddress, message: String? = nil) {
        self.from = from
        self.message = message
    }
}
