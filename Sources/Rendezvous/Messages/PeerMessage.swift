/// What helper and sharer say to each other in opaque payloads: one word, and base64url of what it is about.
public enum PeerMessage: Sendable, Equatable {
    /// `share code Ya` or `share link Ya`: the helper's share, and which secret it holds.
    case helperShare(InvitationKey.Kind, [UInt8])
    /// `share Yb`: the sharer's share.
    case sharerShare([UInt8])
    /// `confirm T`: proof of the same key, the helper's first.
    case confirm(Secret)
    /// `sealed BOX`: a `PeerPayload` in the sealed channel. In a later epoch than the first: `sealed EPOCH BOX`.
    case sealed([UInt8], epoch: UInt32 = 0)

    /// Bytes of HMAC-SHA-512.
    static let tagSize = 64

    public init(parsing payload: String) throws(MessageError) {
        let words = payload.split(separator: " ", omittingEmptySubsequences: false)
        guard let last = words.last, let bytes = Base64URL.decode(last) else { throw .malformed }
        switch (words.first, words.count) {
        case ("share", 3):
            guard let kind = InvitationKey.Kind(rawValue: String(words[1])), bytes.count == Ristretto255.size else {
                throw .malformed
            }
            self = .helperShare(kind, bytes)
        case ("share", 2):
            guard bytes.count == Ristretto255.size else { throw .malformed }
            self = .sharerShare(bytes)
        case ("confirm", 2):
            guard bytes.count == Self.tagSize else { throw .malformed }
            self = .confirm(Secret(bytes))
        case ("sealed", 2):
            guard Self.isBox(bytes) else { throw .malformed }
            self = .sealed(bytes)
        case ("sealed", 3):
            guard let epoch = UInt32(words[1]), epoch > 0, words[1] == "\(epoch)", Self.isBox(bytes) else {
                throw .malformed
            }
            self = .sealed(bytes, epoch: epoch)
        default: throw .unknownType
        }
    }

    public var payload: String {
        switch self {
        case .helperShare(let kind, let share): "share \(kind.rawValue) \(Base64URL.encode(share))"
        case .sharerShare(let share): "share \(Base64URL.encode(share))"
        case .confirm(let tag): "confirm \(Base64URL.encode(tag.exposed))"
        case .sealed(let box, epoch: 0): "sealed \(Base64URL.encode(box))"
        case .sealed(let box, let epoch): "sealed \(epoch) \(Base64URL.encode(box))"
        }
    }

    private static func isBox(_ bytes: [UInt8]) -> Bool {
        bytes.count <= SealedChannel.maximumPlaintext + SealedChannel.overhead
    }
}
