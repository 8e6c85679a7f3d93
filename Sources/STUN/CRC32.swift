/// The cyclic redundancy check of ISO 3309 and ITU-T V.42, which FINGERPRINT is made of (RFC 8489 §14.7).
enum CRC32 {
    /// The polynomial with its bits reversed, as the shifting goes to the right.
    private static let polynomial: UInt32 = 0xEDB8_8320

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { bits, _ in bits & 1 == 1 ? bits >> 1 ^ polynomial : bits >> 1 }
    }

    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }
}
