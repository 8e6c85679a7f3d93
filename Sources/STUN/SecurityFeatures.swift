/// What a server of RFC 8489 can do and an attacker on the path would like to hide: bits in the nonce, which is
/// protected by the client's next request (RFC 8489 §9.2.1, §18.1).
public struct SecurityFeatures: OptionSet, Hashable, Sendable {
    /// 24 bits; RFC 8489's bit 0 is the most significant.
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue & 0xFF_FFFF }

    /// Bit 0: PASSWORD-ALGORITHMS is there.
    public static let passwordAlgorithms = SecurityFeatures(rawValue: 1 << 23)
    /// Bit 1: USERHASH takes USERNAME's place.
    public static let usernameAnonymity = SecurityFeatures(rawValue: 1 << 22)

    private static let mark = "obMatJos2"
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The 13 characters that a nonce begins with: a mark, and the bits in base64.
    public var nonceCookie: String {
        let bits = stride(from: UInt32(18), through: 0, by: -6).map { Self.digits[Int(rawValue >> $0 & 63)] }
        return Self.mark + String(decoding: bits, as: UTF8.self)
    }

    /// Reads a nonce's cookie; nil when it has none: its server knows RFC 5389 alone.
    public init?(nonce: String) {
        let octets = Array(nonce.utf8.prefix(Self.mark.utf8.count + 4))
        guard octets.count == Self.mark.utf8.count + 4, octets.starts(with: Self.mark.utf8) else { return nil }
        var bits: UInt32 = 0
        for digit in octets.suffix(4) {
            guard let value = Self.digits.firstIndex(of: digit) else { return nil }
            bits = bits << 6 | UInt32(value)
        }
        self.init(rawValue: bits)
    }
}
