import NetPrimitives

/// The address blocks that IANA's special-purpose registries (RFC 6890, as of 2025) do not call globally
/// reachable, with multicast and what is reserved.
enum SpecialPurposeRanges {
    /// A block, and the smaller ones inside it that the registry does call globally reachable.
    struct Range: Sendable {
        let block: CIDRBlock
        let except: [CIDRBlock]
    }

    static let ipv4: [Range] = [
        range("0.0.0.0/8"),  // this network
        range("10.0.0.0/8"),  // private use
        range("100.64.0.0/10"),  // shared address space of carrier-grade NAT
        range("127.0.0.0/8"),  // loopback
        range("169.254.0.0/16"),  // link local
        range("172.16.0.0/12"),  // private use
        range("192.0.0.0/24", except: "192.0.0.9/32", "192.0.0.10/32"),  // protocol assignments; PCP and TURN anycast
        range("192.0.2.0/24"),  // documentation
        range("192.88.99.0/24"),  // 6to4 relay anycast, deprecated
        range("192.168.0.0/16"),  // private use
        range("198.18.0.0/15"),  // benchmarking
        range("198.51.100.0/24"),  // documentation
        range("203.0.113.0/24"),  // documentation
        range("224.0.0.0/4"),  // multicast
        range("240.0.0.0/4"),  // reserved, and limited broadcast
    ]

    /// What IPv6 may be reachable at all; inside it, `ipv6` is not.
    static let ipv6Reachable = [block("2000::/3"), block("64:ff9b::/96")]

    static let ipv6: [Range] = [
        range(
            "2001::/23",  // protocol assignments
            except: "2001:1::1/128", "2001:1::2/128", "2001:1::3/128",  // PCP, TURN and SRP anycast
            "2001:3::/32", "2001:4:112::/48",  // AMT, AS112
            "2001:20::/28", "2001:30::/28"),  // ORCHIDv2, drone remote identification
        range("2001:db8::/32"),  // documentation
        range("3fff::/20"),  // documentation
    ]

    /// Refused whatever is allowed: the IPv4 address inside is reached through others' relays (RFC 4380).
    static let teredo = block("2001::/32")

    /// Refused whatever is allowed: deprecated (RFC 4291 §2.5.5.1). `::` and `::1` are not of it.
    static let ipv4Compatible = block("::/96")

    static let nat64 = block("64:ff9b::/96")
    static let sixToFour = block("2002::/16")

    private static func range(_ text: String, except: String...) -> Range {
        Range(block: block(text), except: except.map(block))
    }

    /// Of the literals above alone: a slip in them is found by the first test.
    private static func block(_ text: String) -> CIDRBlock {
        guard let block = CIDRBlock(text) else { preconditionFailure("not a block: \(text)") }
        return block
    }
}
