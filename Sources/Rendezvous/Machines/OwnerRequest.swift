/// What proves to the relay that an invitation is one's own, from whichever connection.
public struct InvitationOwnership: Hashable, Sendable {
    public let lookup: Lookup
    /// The relay keeps its digest alone.
    public let token: Secret

    public init(_ invitation: OwnedInvitation) {
        lookup = invitation.lookup
        token = invitation.owner
    }

    /// Reads what was written down; nil for anything else.
    public init?(lookup: String, token: String) {
        guard let lookup = Lookup(lookup), let bytes = CrockfordBase32.decode(token, count: 16) else { return nil }
        self.lookup = lookup
        self.token = Secret(bytes)
    }

    /// The token in clear, for a file that its owner alone can read.
    public var exposedToken: String { CrockfordBase32.encode(token.exposed) }

    public func hash(into hasher: inout Hasher) { hasher.combine(lookup) }
}

/// What an owner wants of the relay in another program than the one that waits; and what of the relay's words is the answer.
///
/// Not every answer names the invitation, so one request is answered before the next is sent.
public struct OwnerRequest: Hashable, Sendable {
    public enum Act: Hashable, Sendable {
        case status, revoke
        /// For so many seconds from now.
        case extend(lifetime: Int)
    }

    public enum Answer: Hashable, Sendable {
        case status(InvitationStatus)
        case extended(UnixTime)
        case closed(ClosedReason)
        /// The relay knows no such invitation of ours.
        case gone
        /// Another node of the relay's fleet knows: it is to be asked.
        case elsewhere(RelayURL)
        case refused(RelayErrorCode)
    }

    public let ownership: InvitationOwnership
    public let act: Act

    public init(_ act: Act, of ownership: InvitationOwnership) {
        self.act = act
        self.ownership = ownership
    }

    public var text: [UInt8] {
        let (lookup, token) = (ownership.lookup, ownership.token)
        return switch act {
        case .status: ClientMessage.status(lookup, owner: token).text
        case .revoke: ClientMessage.close(lookup, owner: token).text
        case .extend(let lifetime): ClientMessage.extend(lookup, lifetime: lifetime, owner: token).text
        }
    }

    /// Nil for what is no answer to this request.
    public func answer(_ text: [UInt8]) -> Answer? {
        switch try? ServerMessage(parsing: text) {
        case .status(ownership.lookup, let status)? where act == .status: .status(status)
        case .extended(ownership.lookup, let expires)?: isExtension ? .extended(expires) : nil
        case .closed(ownership.lookup, let reason)? where act != .status: .closed(reason)
        case .gone?: .gone
        case .elsewhere(let url)?: .elsewhere(url)
        case .error(let code)?: .refused(code)
        case .status?, .closed?, .created?, .resumed?, .helperArrived?, .met?, .opaque?, .peerLeft?, .seated?, .rejoined?,
            .forgotten?, .refused?, .credentials?, .extended?, nil: nil
        }
    }

    private var isExtension: Bool {
        switch act {
        case .extend: true
        case .status, .revoke: false
        }
    }
}
