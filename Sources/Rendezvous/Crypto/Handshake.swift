// The meeting's key exchange, one type per state: the helper shares, the sharer shares, the helper
// confirms, the sharer checks and only then confirms. Who guesses wrong learns nothing but that.

/// What both sides bind to the key besides the password, and the roles they play.
private enum Binding {
    static let version = Array("ra-rendezvous/1".utf8)
    static let helper = Array("helper".utf8)
    static let sharer = Array("sharer".utf8)

    /// `CI`: the protocol's version, the roles with the initiator first, the look-up and the kind of secret.
    static func channel(_ lookup: Lookup, _ kind: InvitationKey.Kind) -> [UInt8] {
        CPace.lvCat(version, helper, sharer, Array(lookup.text.utf8), Array(kind.rawValue.utf8))
    }
}

/// The share is no group element, or the tag does not prove the same key.
public enum HandshakeError: Error, Hashable, Sendable {
    /// The peer's share is malformed; no guess was made.
    case invalidShare
    /// The peer does not hold the same secret.
    case wrongSecret
}

/// The helper, having made its share: CPace's initiator.
public struct HelperHandshake: Sendable {
    /// `Ya`, for the sharer.
    public var share: [UInt8] { party.message.share }
    private let party: CPaceParty
    private let meeting: MeetingID

    public init(
        lookup: Lookup, key: InvitationKey, meeting: MeetingID, using random: inout some RandomNumberGenerator
    ) throws(HandshakeError) {
        do {
            party = try CPaceParty(
                role: .initiator, password: key.secret, channel: Binding.channel(lookup, key.kind),
                session: meeting.bytes, associatedData: Binding.helper, using: &random)
        } catch { throw .invalidShare }
        self.meeting = meeting
    }

    /// Takes the sharer's share; what comes out holds the tag to send.
    public func receive(share: [UInt8]) throws(HandshakeError) -> ConfirmingHelper {
        let peer = CPace.Message(share: share, associatedData: Binding.sharer)
        do {
            let key = try party.sessionKey(with: peer)
            let confirmation = KeyConfirmation(sessionKey: key, session: meeting.bytes)
            return ConfirmingHelper(
                tag: confirmation.tag(over: party.message), expected: confirmation.tag(over: peer),
                channel: SealedChannel(sessionKey: key, side: .helper))
        } catch { throw .invalidShare }
    }
}

/// The helper, having sent its tag and waiting for the sharer's. It can seal already, for whoever holds the same secret; a box
/// says no more of the secret than the tag does. It opens nothing yet.
public struct ConfirmingHelper: Sendable {
    /// `Ta`, for the sharer.
    public let tag: Secret
    fileprivate let expected: Secret
    private var channel: SealedChannel

    fileprivate init(tag: Secret, expected: Secret, channel: SealedChannel) {
        self.tag = tag
        self.expected = expected
        self.channel = channel
    }

    public mutating func seal(_ plaintext: [UInt8]) -> [UInt8] { channel.seal(plaintext) }

    var binding: Secret { channel.binding }

    public func receive(tag: Secret) throws(HandshakeError) -> SealedChannel {
        guard tag == expected else { throw .wrongSecret }
        return channel
    }
}

/// The sharer, having answered the helper's share with its own: CPace's responder.
public struct SharerHandshake: Sendable {
    /// `Yb`, for the helper.
    public var share: [UInt8] { message.share }
    private let message: CPace.Message
    private let confirmation: KeyConfirmation
    private let expected: Secret
    private let sessionKey: Secret

    public init(
        answering share: [UInt8], lookup: Lookup, key: InvitationKey, meeting: MeetingID,
        using random: inout some RandomNumberGenerator
    ) throws(HandshakeError) {
        let peer = CPace.Message(share: share, associatedData: Binding.helper)
        do {
            let party = try CPaceParty(
                role: .responder, password: key.secret, channel: Binding.channel(lookup, key.kind),
                session: meeting.bytes, associatedData: Binding.sharer, using: &random)
            sessionKey = try party.sessionKey(with: peer)
            message = party.message
        } catch { throw .invalidShare }
        confirmation = KeyConfirmation(sessionKey: sessionKey, session: meeting.bytes)
        expected = confirmation.tag(over: peer)
    }

    /// Checks the helper's tag; only a right one yields the sharer's own, `Tb`.
    public func receive(tag: Secret) throws(HandshakeError) -> (tag: Secret, channel: SealedChannel) {
        guard tag == expected else { throw .wrongSecret }
        return (confirmation.tag(over: message), SealedChannel(sessionKey: sessionKey, side: .sharer))
    }
}
