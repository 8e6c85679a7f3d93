/// What the rendezvous asks of its store: one call of `InvitationStore` as a value, which its driver takes to where the store is.
public enum InvitationRequest: Hashable, Sendable {
    case create(StoredInvitation, within: InvitationBounds)
    case find(Lookup)
    case recordUse(Lookup, at: UnixTime)
    case burn(Lookup)
    case revoke(Lookup)
    case extend(Lookup, to: UnixTime)
    case move(StoredInvitation, to: RelayURL)
    case purge(expiredAt: UnixTime)

    /// - Throws: what the store throws.
    public func perform(in store: inout some InvitationStore) throws -> InvitationAnswer {
        switch self {
        case .create(let invitation, let bounds): return .creation(try store.create(invitation, within: bounds))
        case .find(let lookup): return .found(try store.find(lookup))
        case .recordUse(let lookup, let time): return .use(try store.recordUse(lookup, at: time))
        case .burn(let lookup): try store.burn(lookup)
        case .revoke(let lookup): try store.revoke(lookup)
        case .extend(let lookup, let expires): try store.extend(lookup, to: expires)
        case .move(let found, let home): return .moved(try store.move(found, to: home))
        case .purge(let time): try store.purge(expiredAt: time)
        }
        return .done
    }
}

/// What the store says to an `InvitationRequest`.
public enum InvitationAnswer: Hashable, Sendable {
    case creation(InvitationCreation)
    case found(StoredInvitation?)
    case use(InvitationUse)
    /// Whether it was still where it was thought to be.
    case moved(Bool)
    case done
}
