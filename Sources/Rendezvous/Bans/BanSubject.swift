public import NetPrimitives

/// Who is shut out by a ban.
public enum BanSubject: Hashable, Sendable {
    /// A user of TURN, `i-` and an invitation's label, or one credential with its expiry, `1790000000:alice`.
    case user(String)
    /// Everybody from there; of IPv4 never as mapped addresses.
    case addresses(CIDRBlock)
    /// A person's name at the relay, and the key that has it.
    case person(PersonName)
    /// A person's key, under whatever name.
    case key(KeyFingerprint)

    /// What the store keeps beside the text.
    public enum Kind: String, Sendable, Hashable, CaseIterable { case user, address, person, key }

    /// As in STUN's USERNAME (RFC 8489 §14.3: fewer than 509 bytes).
    public static let longestUser = 508
    /// The shortest prefixes that somebody may mean: half of the IPv4 internet is no abuser, and 2000::/3 is all of IPv6.
    public static let shortestPrefix: [IPAddress.Family: Int] = [.ipv4: 8, .ipv6: 16]

    /// Nil for what cannot be a name in a request: empty, too long, or with characters that nobody sees.
    public init?(user name: String) {
        guard (1...Self.longestUser).contains(name.utf8.count), name.unicodeScalars.allSatisfy(\.isPrintable) else { return nil }
        self = .user(name)
    }

    /// Reads an address or a block. A lone IPv6 address stands for its household, the /56 that a home is given, as everywhere
    /// in a relay: who has one has all of them. With a length it is what it says. What is mapped is IPv4.
    ///
    /// - Throws: what is wrong with it.
    public init(address text: String) throws(Mistake) {
        guard let block = CIDRBlock(text) else {
            guard let address = IPAddress(String(text.prefix { $0 != "/" })), let length = Self.length(text),
                let around = CIDRBlock(containing: address, prefixLength: length)
            else { throw .notAnAddress }
            throw .insideBlock(around)
        }
        let unmapped = Self.unmapped(block)
        let isLone = !text.contains("/")
        guard isLone, unmapped.base.family == .ipv6, let household = CIDRBlock(containing: unmapped.base, prefixLength: 56) else {
            if let shortest = Self.shortestPrefix[unmapped.base.family], unmapped.prefixLength < shortest { throw .tooMany(shortest) }
            self = .addresses(unmapped)
            return
        }
        self = .addresses(household)
    }

    public enum Mistake: Error, Hashable, Sendable {
        case notAnAddress
        /// It begins inside this block.
        case insideBlock(CIDRBlock)
        /// It is a large part of the internet; the shortest prefix that is taken.
        case tooMany(Int)
    }

    /// What the store keeps and `init(_:_:)` reads.
    public var kind: Kind {
        switch self {
        case .user: .user
        case .addresses: .address
        case .person: .person
        case .key: .key
        }
    }

    public var text: String {
        switch self {
        case .user(let name): name
        case .addresses(let block): block.description
        case .person(let name): name.text
        case .key(let fingerprint): fingerprint.text
        }
    }

    /// Of a row of the store; nil for one that is not understood.
    public init?(_ kind: Kind, _ text: String) {
        switch kind {
        case .user: self.init(user: text)
        case .address:
            guard let block = CIDRBlock(text) else { return nil }
            self = .addresses(block)
        case .person:
            guard let name = PersonName(text) else { return nil }
            self = .person(name)
        case .key:
            guard let fingerprint = KeyFingerprint(text) else { return nil }
            self = .key(fingerprint)
        }
    }

    private static func length(_ text: String) -> Int? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? Int(parts[1]) : nil
    }

    /// `::ffff:192.0.2.0/120` is 192.0.2.0/24 (RFC 4291 §2.5.5.2).
    private static func unmapped(_ block: CIDRBlock) -> CIDRBlock {
        guard block.base.family == .ipv6, block.prefixLength >= 96, block.base.unmapped.family == .ipv4 else { return block }
        return CIDRBlock(containing: block.base.unmapped, prefixLength: block.prefixLength - 96) ?? block
    }
}
