/// The secret half of an invitation, and which clothes it came in.
///
/// One invitation has two: the short one that can be spoken, and the long one in its links and files.
/// Both meet under the same look-up; the helper's first message says which one it holds, and the kind
/// is bound into the key exchange, so that neither can be tried in the other's place.
public struct InvitationKey: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// 25 bits, five symbols of a spoken code.
        case code
        /// 128 bits, 26 symbols of a link or a file.
        case link
    }

    public let kind: Kind
    /// The secret's symbols in canonical form as ASCII: what CPace takes as its password.
    public let secret: Secret

    init(kind: Kind, symbols: [UInt8]) {
        self.kind = kind
        secret = Secret(CrockfordBase32.text(symbols).utf8)
    }

    public static func randomCode(using random: inout some RandomNumberGenerator) -> InvitationKey {
        InvitationKey(kind: .code, symbols: (0..<5).map { _ in UInt8.random(in: 0..<32, using: &random) })
    }

    public static func randomLink(using random: inout some RandomNumberGenerator) -> InvitationKey {
        let text = CrockfordBase32.encode(Secret.random(count: 16, using: &random).exposed)
        return InvitationKey(kind: .link, symbols: text.compactMap(CrockfordBase32.value(of:)))
    }

    /// The 26 symbols of a link's or a file's secret; nil for anything else.
    public init?(linkText: some StringProtocol) {
        guard CrockfordBase32.decode(linkText, count: 16) != nil else { return nil }
        self.init(kind: .link, symbols: linkText.compactMap(CrockfordBase32.value(of:)))
    }

    /// The symbols in clear, for whoever the invitation is shown or sent to.
    var exposedText: String { String(decoding: secret.exposed, as: UTF8.self) }
}
