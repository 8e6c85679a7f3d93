internal import NetPrimitives
public import Rendezvous

/// The invitation that a person wants to make.
public struct InvitationWish: Hashable, Sendable {
    public var relay: RelayURL
    /// nil: they have not said how long.
    public var lifetime: Duration?
    public var ceiling: Ceiling

    public init(relay: RelayURL, lifetime: Duration? = nil, ceiling: Ceiling = .control) {
        self.relay = relay
        self.lifetime = lifetime
        self.ceiling = ceiling
    }

    /// An hour is enough to ring somebody up.
    static let usualLifetime = Duration.seconds(3600)
}

/// The invitation that they may make.
public struct InvitationPermit: Hashable, Sendable {
    public let lifetime: Duration
    public let ceiling: Ceiling
    /// What is less than was asked for, a sentence each.
    public let notes: [String]
}

extension Policy {
    /// Whether a person may ask for help so, and within which bounds. What they have said is refused or done; what they
    /// have left open is made to fit.
    public func permit(_ wish: InvitationWish) throws(PolicyRefusal) -> InvitationPermit {
        guard mayAsk else {
            throw PolicyRefusal("The policy of this computer does not let anybody ask for help (may-ask). Ask its administrator.")
        }
        try permitMeeting(at: wish.relay)
        if let asked = wish.lifetime, let longest = longestInvitation, asked > longest {
            throw PolicyRefusal(
                "The policy of this computer allows invitations of \(longest.humanText) at most (longest-invitation), not \(asked.humanText). Use --expires \(longest.humanText) or less."
            )
        }
        var notes: [String] = []
        let lifetime = min(wish.lifetime ?? InvitationWish.usualLifetime, longestInvitation ?? .seconds(Int64.max / 2))
        let ceiling = wish.ceiling.narrowed(by: ceiling)
        if ceiling != wish.ceiling {
            notes.append("The policy of this computer lets helpers see the screen and never take control (ceiling).")
        }
        return InvitationPermit(lifetime: lifetime, ceiling: ceiling, notes: notes)
    }

    /// Whether help may be given by an invitation of Windows Remote Assistance. It leads straight to a computer of a stranger's
    /// choice, past every relay: whoever names the relays does not mean that.
    public func permitOldInvitation() throws(PolicyRefusal) {
        guard relays != nil else { return }
        throw PolicyRefusal(
            "The policy of this computer names the relays at which people may meet (relays), and an invitation of Windows Remote Assistance leads past all of them."
        )
    }

    /// For how long from now on an invitation may be good that was made some time ago. A life is counted from its beginning.
    ///
    /// - Parameter age: since it was made.
    public func permitExtension(_ wish: InvitationWish, age: Duration) throws(PolicyRefusal) -> Duration {
        // What was asked for on top of the age is judged below; all else is as with a new one.
        _ = try permit(InvitationWish(relay: wish.relay, ceiling: wish.ceiling))
        let asked = wish.lifetime ?? InvitationWish.usualLifetime
        guard let longest = longestInvitation else { return asked }
        var left = longest - max(age, .zero)
        // A whole number of minutes, or of hours, is easier to type, and a few seconds go by while it is.
        if left >= .seconds(600) {
            let unit: Int64 = left >= .seconds(48 * 3600) ? 3600 : 60
            left = .seconds(left.components.seconds / unit * unit)
        }
        guard left >= .seconds(1) else {
            throw PolicyRefusal(
                "The policy of this computer allows invitations of \(longest.humanText) at most (longest-invitation), and this one is as old as that. Make a new one."
            )
        }
        guard let lifetime = wish.lifetime else { return min(asked, left) }
        guard lifetime > left else { return lifetime }
        throw PolicyRefusal(
            "The policy of this computer allows invitations of \(longest.humanText) at most (longest-invitation), and part of that is over. Use --expires \(Duration.seconds(left.components.seconds).humanText) or less."
        )
    }

    /// Whether people may meet at a relay, to ask for help or to give it.
    public func permitMeeting(at relay: RelayURL) throws(PolicyRefusal) {
        guard let relays, !relays.contains(relay) else { return }
        let allowed = relays.isEmpty ? "none" : relays.map(\.description).joined(separator: ", ")
        throw PolicyRefusal("The policy of this computer does not allow the relay \(relay) (relays). Allowed: \(allowed).")
    }
}
