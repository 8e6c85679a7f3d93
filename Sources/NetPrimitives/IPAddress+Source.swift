extension IPAddress {
    /// Who counts as one where something is bounded by source: an IPv4 address itself, or the /56 that a home is given of
    /// IPv6, as its first address. A mapped IPv4 address is the IPv4 one.
    public var household: IPAddress {
        switch unmapped {
        case .v4(let bits): .v4(bits)
        case .v6(let high, _): .v6(high & ~0xFF, 0)
        }
    }

    /// Who counts as one where somebody may have, or claim to have, many IPv4 addresses too: the /24 or /56 around it, as its
    /// first address.
    public var neighbourhood: IPAddress {
        switch household {
        case .v4(let bits): .v4(bits & ~0xFF)
        case .v6(let high, let low): .v6(high, low)
        }
    }
}
