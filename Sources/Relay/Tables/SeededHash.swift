import NetPrimitives

/// Hashes of addresses under a secret of its own: nobody chooses addresses that fall on one place of a table.
struct SeededHash: Sendable {
    private let seed: (UInt64, UInt64, UInt64)

    init(using random: inout some RandomNumberGenerator) { seed = (random.next(), random.next(), random.next()) }

    func hash(_ fiveTuple: FiveTuple) -> UInt32 {
        let transport = UInt64(fiveTuple.transport.rawValue) << 1 | (fiveTuple.isSecured ? 1 : 0)
        return hash(PackedAddress(fiveTuple.client), PackedAddress(fiveTuple.server), transport)
    }

    func hash(_ port: RelayedPort) -> UInt32 {
        Self.folded(Self.product(UInt64(bitPattern: Int64(port.rawValue)) ^ seed.0, seed.1))
    }

    func hash(_ client: PackedAddress, _ server: PackedAddress, _ number: UInt64) -> UInt32 {
        let ports = UInt64(client.familyAndPort) << 32 | UInt64(server.familyAndPort)
        var bits = Self.product(client.low ^ seed.0, ports ^ seed.1)
        bits = Self.product(bits ^ server.low, number ^ seed.2)
        bits = Self.product(bits ^ client.high ^ seed.1, server.high ^ seed.0)
        return Self.folded(bits)
    }

    func hash(_ peer: PackedAddress, _ port: UInt32) -> UInt32 {
        let ports = UInt64(peer.familyAndPort) << 32 | UInt64(port)
        return Self.folded(Self.product(Self.product(peer.low ^ seed.0, ports ^ seed.1) ^ peer.high, seed.2))
    }

    /// Both halves of a product, one on the other: every bit of the factors moves most of the result.
    private static func product(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    private static func folded(_ bits: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: bits ^ bits >> 32) }
}
