/// FINGERPRINT: tells STUN from what else arrives at the same port (RFC 8489 §14.7).
enum Fingerprint {
    /// "STUN" in ASCII, so that another protocol's CRC-32 at the same place does not match.
    private static let mask: UInt32 = 0x5354_554E

    /// The code over everything before it; the header's length already counts the attribute.
    static func compute(over bytes: ArraySlice<UInt8>) -> UInt32 { CRC32.checksum(bytes) ^ mask }

    static func isValid(_ attribute: Message.RawAttribute, in bytes: [UInt8]) -> Bool {
        attribute.value.reduce(0) { $0 << 8 | UInt32($1) } == compute(over: bytes[..<attribute.offset])
    }
}
