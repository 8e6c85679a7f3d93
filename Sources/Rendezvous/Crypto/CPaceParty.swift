/// The peer's share is no element of the group, or the product is the identity: the run MUST be aborted.
public struct CPaceAborted: Error, Hashable, Sendable {
    public init() {}
}

/// One party of a CPace run (draft-irtf-cfrg-cpace, "CPace protocol instructions"), after it chose its scalar.
public struct CPaceParty: Sendable {
    public enum Role: Sendable {
        case initiator, responder
        /// No roles: the transcript orders the messages by their bytes.
        case symmetric
    }

    /// What this party sends.
    public let message: CPace.Message
    private let role: Role
    private let session: [UInt8]
    private let scalar: Secret

    /// - Parameters:
    ///   - channel: `CI`, what both know beforehand and want bound to the key.
    ///   - session: `sid`, public and new for every run.
    ///   - associatedData: `ADa` or `ADb`, sent in clear and authenticated.
    public init(
        role: Role, password: Secret, channel: [UInt8], session: [UInt8], associatedData: [UInt8], scalar: Secret
    ) throws(CPaceAborted) {
        let generator = CPace.generator(password: password, channel: channel, session: session)
        let share = Ristretto255.scalarMultiplyVerify(scalar, generator)
        guard share != Ristretto255.identity else { throw CPaceAborted() }
        message = CPace.Message(share: share, associatedData: associatedData)
        self.role = role
        self.session = session
        self.scalar = scalar
    }

    public init(
        role: Role, password: Secret, channel: [UInt8], session: [UInt8], associatedData: [UInt8],
        using random: inout some RandomNumberGenerator
    ) throws(CPaceAborted) {
        try self.init(
            role: role, password: password, channel: channel, session: session, associatedData: associatedData,
            scalar: Ristretto255.sampleScalar(using: &random))
    }

    /// The intermediate session key `ISK`: equal on both sides exactly when passwords, inputs and messages agree.
    public func sessionKey(with peer: CPace.Message) throws(CPaceAborted) -> Secret {
        let point = Ristretto255.scalarMultiplyVerify(scalar, peer.share)
        guard point != Ristretto255.identity else { throw CPaceAborted() }
        let transcript =
            switch role {
            case .initiator: CPace.transcript(initiator: message, responder: peer)
            case .responder: CPace.transcript(initiator: peer, responder: message)
            case .symmetric: CPace.transcript(unordered: message, peer)
            }
        return CPace.sessionKey(point: point, session: session, transcript: transcript)
    }
}
