/// What a person signs within a meeting to prove who they are to the other side, beyond that they hold the invitation's secret.
///
/// The statement holds a value that follows from the key that both have agreed on, so a proof that is given in one meeting is worth
/// nothing in another: whoever holds two invitations cannot pass one person off at the other.
enum MeetingProof {
    static func statement(_ side: SealedChannel.Side, key: PersonKey, binding: Secret) -> [UInt8] {
        CPace.lvCat(
            Array("ra-contacts/1 meeting".utf8), Array(side.rawValue.utf8), key.bytes, binding.exposed)
    }
}

extension PeerPayload {
    /// A description or a card with the speaker's key and proof in it; anything else as it is.
    func proving(_ identity: PersonIdentity?, as side: SealedChannel.Side, binding: Secret) -> PeerPayload {
        let statement = identity.map { MeetingProof.statement(side, key: $0.key, binding: binding) }
        return claiming(identity?.key, statement.flatMap { identity?.signature(of: $0) })
    }

    /// A description or a card without a key that its speaker has not proven; anything else as it is.
    func proven(by side: SealedChannel.Side, binding: Secret) -> PeerPayload {
        guard let claim, let key = claim.key else { return self }
        let statement = MeetingProof.statement(side, key: key, binding: binding)
        guard let proof = claim.proof, key.verifies(proof, of: statement) else { return claiming(nil, nil) }
        return self
    }

    private var claim: (key: PersonKey?, proof: [UInt8]?)? {
        switch self {
        case .description(let description): (description.identity, description.proof)
        case .card(let card): (card.key, card.proof)
        case .candidate, .endOfCandidates, .restart, .again, .suspended, .awake, .bye: nil
        }
    }

    private func claiming(_ key: PersonKey?, _ proof: [UInt8]?) -> PeerPayload {
        switch self {
        case .description(var description):
            (description.identity, description.proof) = (key, proof)
            return .description(description)
        case .card(var card):
            (card.key, card.proof) = (key, proof)
            return .card(card)
        case .candidate, .endOfCandidates, .restart, .again, .suspended, .awake, .bye: return self
        }
    }
}
