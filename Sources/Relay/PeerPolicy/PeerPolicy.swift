public import NetPrimitives

/// Which addresses a relay exchanges datagrams with: the one function that every way in and out asks.
///
/// Not globally reachable addresses are refused unless `allow` opens them; `deny` closes more and wins, and so do bans. An IPv6
/// address that embeds an IPv4 one (mapped, NAT64, 6to4) is judged as that IPv4 address.
public struct PeerPolicy: Sendable {
    public enum Verdict: Hashable, Sendable {
        case allowed
        /// Our own external address: relayed ports alone are there, and they are reached inside the process.
        case ownAddress
        case refused(Reason)
    }

    public enum Reason: Hashable, Sendable {
        /// Inside a `deny` block.
        case denied
        /// Whoever is there is not served at all.
        case banned
        /// Private, loopback, multicast, reserved…, and nobody allowed it.
        case notGloballyReachable
        /// Teredo or IPv4-compatible: never relayed to.
        case obsoleteEmbedding
        /// Our own external address in an IPv6 disguise.
        case ownAddressEmbedded
    }

    private let allow: [CIDRBlock]
    private let deny: [CIDRBlock]
    private let ownAddresses: [IPAddress]
    private let banned: CIDRSet

    /// - Parameter ownAddresses: what clients see as the relay's own.
    public init(allow: [CIDRBlock] = [], deny: [CIDRBlock] = [], ownAddresses: [IPAddress] = []) {
        self.init(allow: allow, deny: deny, ownAddresses: ownAddresses, banned: CIDRSet())
    }

    private init(allow: [CIDRBlock], deny: [CIDRBlock], ownAddresses: [IPAddress], banned: CIDRSet) {
        self.allow = allow
        self.deny = deny
        self.ownAddresses = ownAddresses.map(\.unmapped)
        self.banned = banned
    }

    /// The same rules for another idea of what is our own.
    public func with(ownAddresses: [IPAddress]) -> PeerPolicy {
        PeerPolicy(allow: allow, deny: deny, ownAddresses: ownAddresses, banned: banned)
    }

    /// The same rules with other bans: who is served nothing is no peer either.
    public func with(banned: CIDRSet) -> PeerPolicy {
        PeerPolicy(allow: allow, deny: deny, ownAddresses: ownAddresses, banned: banned)
    }

    public func verdict(for address: IPAddress) -> Verdict {
        let judged = Self.embeddedIPv4(in: address) ?? address
        if deny.contains(where: { $0.contains(judged) || $0.contains(address) }) { return .refused(.denied) }
        if !banned.isEmpty, banned.contains(judged) || banned.contains(address) { return .refused(.banned) }
        if Self.isObsoleteEmbedding(address) { return .refused(.obsoleteEmbedding) }
        if !Self.isGloballyReachable(judged), !allow.contains(where: { $0.contains(judged) }) {
            return .refused(.notGloballyReachable)
        }
        if ownAddresses.contains(judged) { return judged == address ? .ownAddress : .refused(.ownAddressEmbedded) }
        return .allowed
    }

    /// Whether IANA's registries call an address globally reachable; embedded addresses are not looked for.
    static func isGloballyReachable(_ address: IPAddress) -> Bool {
        let ranges: [SpecialPurposeRanges.Range]
        switch address {
        case .v4:
            ranges = SpecialPurposeRanges.ipv4
        case .v6:
            guard SpecialPurposeRanges.ipv6Reachable.contains(where: { $0.contains(address) }) else { return false }
            ranges = SpecialPurposeRanges.ipv6
        }
        return !ranges.contains { range in
            range.block.contains(address) && !range.except.contains { $0.contains(address) }
        }
    }

    /// The IPv4 address that an IPv6 one stands for: mapped (RFC 4291 §2.5.5.2), NAT64 (RFC 6052 §2.1), 6to4 (RFC 3056 §2).
    static func embeddedIPv4(in address: IPAddress) -> IPAddress? {
        guard case .v6(let high, let low) = address else { return nil }
        if address.unmapped != address { return address.unmapped }
        if SpecialPurposeRanges.nat64.contains(address) { return .v4(UInt32(truncatingIfNeeded: low)) }
        if SpecialPurposeRanges.sixToFour.contains(address) { return .v4(UInt32(truncatingIfNeeded: high >> 16)) }
        return nil
    }

    private static func isObsoleteEmbedding(_ address: IPAddress) -> Bool {
        if SpecialPurposeRanges.teredo.contains(address) { return true }
        return SpecialPurposeRanges.ipv4Compatible.contains(address) && address != .anyV6 && address != .loopbackV6
    }
}
