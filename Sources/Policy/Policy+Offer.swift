public import Rendezvous

/// Help that somebody offers to a person who has not asked.
public struct OfferWish: Hashable, Sendable {
    /// Whose key it is that the offer is signed with, as the person's contacts have it: `name@relay`.
    public var address: PersonAddress
    public var key: PersonKey
    /// The groups of this computer in which the account of that name is.
    public var groups: Set<String>
    public var ceiling: Ceiling

    public init(address: PersonAddress, key: PersonKey, groups: Set<String> = [], ceiling: Ceiling = .control) {
        self.address = address
        self.key = key
        self.groups = groups
        self.ceiling = ceiling
    }
}

extension Policy {
    /// Whether somebody may offer help here, and up to which ceiling. It is refused where nobody has said that it may be.
    ///
    /// Of several entries of `helpers` that fit, the widest counts: each is something that is granted.
    public func permitOffer(_ wish: OfferWish) throws(PolicyRefusal) -> Ceiling {
        guard mayBeOffered else {
            throw PolicyRefusal("The policy of this computer does not let anybody offer help (may-be-offered).")
        }
        try permitMeeting(at: wish.address.relay)
        var granted = wish.ceiling.narrowed(by: ceiling)
        if let helpers {
            let ceilings = helpers.filter { fits($0.identity, wish) }.map(\.ceiling)
            guard !ceilings.isEmpty else {
                throw PolicyRefusal("The policy of this computer does not let \(wish.address) offer help (helpers).")
            }
            if !ceilings.contains(.control) { granted = .view }
        }
        return granted
    }

    private func fits(_ identity: PermittedHelper.Identity, _ wish: OfferWish) -> Bool {
        switch identity {
        case .contact(let address): PersonAddress(address) == wish.address
        case .key(let fingerprint): fingerprint == wish.key.fingerprint
        // Whose name is that of an account is for a relay to say: for one that the administrator names, and no other.
        case .group(let name): administratorRelays?.contains(wish.address.relay) == true && wish.groups.contains(name)
        }
    }
}
