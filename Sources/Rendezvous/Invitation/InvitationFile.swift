/// An invitation as a file, `.rainvite`: JSON, in clear or with its secret under a password.
public struct InvitationFile: Sendable, Equatable {
    /// The most a file may have, in bytes.
    public static let maximumSize = 16 * 1024
    static let version = 1

    public let relay: RelayURL
    public let lookup: Lookup
    /// Who invites, in their own words; at most 128 bytes.
    public let from: String?
    public let expires: UnixTime
    public let ceiling: Ceiling
    /// A line or two for the helper; at most 2,000 bytes.
    public let message: String?
    let payload: Payload

    enum Payload: Sendable, Equatable {
        case clear(InvitationKey)
        case sealed(SealedSecret)
    }

    /// Whether a password is needed to use it.
    public var isSealed: Bool {
        switch payload {
        case .clear: false
        case .sealed: true
        }
    }

    static let nameLimit = 128
    static let messageLimit = 2000

    /// A file that whoever holds it can use.
    public init(
        relay: RelayURL, lookup: Lookup, key: InvitationKey, from: String?, expires: UnixTime, ceiling: Ceiling,
        message: String?
    ) {
        precondition(key.kind == .link, "a file holds a link's secret")
        self.init(
            relay: relay, lookup: lookup, from: from.map { PlainText.cleaned($0, limit: Self.nameLimit) },
            expires: expires, ceiling: ceiling,
            message: message.map { PlainText.cleaned($0, limit: Self.messageLimit, lines: true) },
            payload: .clear(key))
    }

    init(
        relay: RelayURL, lookup: Lookup, from: String?, expires: UnixTime, ceiling: Ceiling, message: String?,
        payload: Payload
    ) {
        self.relay = relay
        self.lookup = lookup
        self.from = from
        self.expires = expires
        self.ceiling = ceiling
        self.message = message
        self.payload = payload
    }

    /// The same file with its secret under `password`. This takes as long as `cost` says, on purpose.
    public func sealed(
        password: String, cost: PasswordCost = .moderate, using random: inout some RandomNumberGenerator
    ) throws(InvitationError) -> InvitationFile {
        switch payload {
        case .sealed: return self
        case .clear(let key):
            let box = try SealedSecret(
                sealing: key.secret, password: password, context: context, cost: cost, using: &random)
            return InvitationFile(
                relay: relay, lookup: lookup, from: from, expires: expires, ceiling: ceiling, message: message,
                payload: .sealed(box))
        }
    }

    /// The invitation inside; a sealed one needs its password, and time to try it.
    public func open(password: String? = nil) throws(InvitationError) -> Invitation {
        let key: InvitationKey
        switch payload {
        case .clear(let clear): key = clear
        case .sealed(let box):
            guard let password else { throw .passwordNeeded }
            let secret = try box.open(password: password, context: context)
            guard let opened = InvitationKey(linkText: String(decoding: secret.exposed, as: UTF8.self)) else {
                throw .malformedFile
            }
            key = opened
        }
        return Invitation(
            relay: relay, lookup: lookup, key: key, expires: expires, ceiling: ceiling, from: from, message: message)
    }

    /// Every other field, so that nobody without the password can dress the secret in other clothes.
    private var context: [UInt8] {
        CPace.lvCat(
            Array("rainvite/1".utf8), Array(relay.description.utf8), Array(lookup.text.utf8),
            Array((from ?? "").utf8), Array(expires.description.utf8), Array(ceiling.rawValue.utf8),
            Array((message ?? "").utf8))
    }
}
