import CSodium

/// The prime-order group ristretto255 (RFC 9496) with its encoded elements, as CPace uses it.
public enum Ristretto255 {
    /// Bytes of an encoded element and of a scalar.
    public static let size = 32

    /// The encoding of the identity, the CPace draft's `G.I`: what every failure answers.
    public static let identity = [UInt8](repeating: 0, count: size)

    /// The element derivation function (RFC 9496 §4.3.4) of exactly 64 uniform bytes.
    static func element(fromUniform bytes: [UInt8]) -> [UInt8] {
        precondition(bytes.count == 64)
        var element = identity
        crypto_core_ristretto255_from_hash(&element, bytes)
        return element
    }

    /// `G.sample_scalar()`: 252 uniform bits, little-endian.
    static func sampleScalar(using random: inout some RandomNumberGenerator) -> Secret {
        var bytes = Secret.random(count: size, using: &random).exposed
        bytes[size - 1] &= 0x0F  // group_size_bits is 252
        return Secret(bytes)
    }

    /// `G.scalar_mult_vfy(y, X)`: the encoding of `scalar · element`, or the identity when `element` is
    /// no canonical encoding. Whoever calls this MUST abort on the identity.
    public static func scalarMultiplyVerify(_ scalar: Secret, _ element: [UInt8]) -> [UInt8] {
        guard scalar.count == size, element.count == size else { return identity }
        var product = identity
        // libsodium refuses invalid encodings and a product that is the identity.
        return crypto_scalarmult_ristretto255(&product, scalar.exposed, element) == 0 ? product : identity
    }
}
