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
    /// A description with the speaker's key and proof in it; anything else as it is.
    func proving(_ identity: PersonIdentity?, as side: SealedChannel.Side, binding: Secret) -> PeerPayload {
        guard case .description(var description) = self else { return self }
        let statement = identity.map { MeetingProof.statement(side, key: $0.key, binding: binding) }
        description.identity = identity?.key
        description.proof = statement.flatMap { identity?.signature(of: $0) }
        return .description(description)
    }

    /// A description without a key that its speaker has not proven; anything else as it is.
    func proven(by side: SealedChannel.Side, binding: Secret) -> PeerPayload {
        guard case .description(var description) = self, let key = description.identity else { return self }
        let statement = MeetingProof.statement(side, key: key, binding: binding)
        guard let proof = description.proof, key.verifies(proof, of: statement) else {
            (description.identity, description.proof) = (nil, nil)
            return .description(description)
        }
        return self
    }
}
