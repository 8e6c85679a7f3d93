/// What a TCP connection speaks, told by its first bytes, so that one open port is enough for everything.
///
/// The first byte decides between TLS, STUN, ChannelData and text, as RFC 7983 §7 does for datagrams.
enum ProtocolSniffer {
    enum Verdict: Hashable, Sendable {
        /// A TLS handshake record (RFC 8446 §5.1): 22, then version 3.x.
        case tls
        /// A method in capitals, then a space (RFC 9112 §3).
        case http
        /// A STUN message, or ChannelData, that begins a TURN stream (RFC 8656 §2.1).
        case stun
        case unknown
        /// Too few bytes to say.
        case needsMore
    }

    /// Methods are at most this long; a line that goes on in capitals is nothing we know.
    private static let longestMethod = 8

    static func verdict(on bytes: some Collection<UInt8>) -> Verdict {
        guard let first = bytes.first else { return .needsMore }
        switch first {
        case 0x00...0x01:
            // The cookie stands in bytes 4 to 7 (RFC 8489 §5).
            guard bytes.count >= 8 else { return .needsMore }
            return bytes.dropFirst(4).prefix(4).elementsEqual([0x21, 0x12, 0xA4, 0x42]) ? .stun : .unknown
        case 0x16:
            guard bytes.count >= 2 else { return .needsMore }
            return bytes.dropFirst().first == 0x03 ? .tls : .unknown
        case UInt8(ascii: "A")...UInt8(ascii: "Z"):
            for byte in bytes.prefix(longestMethod + 1) {
                if byte == UInt8(ascii: " ") { return .http }
                guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) else { return .unknown }
            }
            return bytes.count > longestMethod ? .unknown : .needsMore
        default:
            return .unknown
        }
    }
}
