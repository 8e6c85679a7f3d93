/// The SHA-256 digest of a certificate's DER, as signalling carries it (RFC 8122 section 5).
public struct Fingerprint: Hashable, Sendable {
    /// The digest: 32 bytes.
    public let bytes: [UInt8]

    /// Nil unless there are exactly 32 bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads the text form of SDP: 32 pairs of hexadecimal digits, in either case, between colons.
    public init?(_ text: String) {
        let pairs = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for pair in pairs {
            guard pair.count == 2, bytes.count < Self.byteCount else { return nil }
            var byte: UInt8 = 0
            for character in pair {
                guard let digit = Character(Unicode.Scalar(character)).hexDigitValue else { return nil }
                byte = byte << 4 | UInt8(digit)
            }
            bytes.append(byte)
        }
        self.init(bytes: bytes)
    }

    private static let byteCount = 32
}

extension Fingerprint: CustomStringConvertible {
    /// The text form of SDP: upper-case hexadecimal with colons.
    public var description: String {
        let digits = Array("0123456789ABCDEF")
        return bytes.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined(separator: ":")
    }
}
