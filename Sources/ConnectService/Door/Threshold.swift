/// What a connection at the door begins with: a peer's first check in its frame (RFC 4571 §2), the relay's dial-back, which
/// has none, or what is neither. It is known as early as the bytes can tell, so that nothing of a stranger is kept.
struct Threshold {
    enum Outcome: Hashable {
        /// It may still become either.
        case unclear
        /// A Binding request as UDP would carry it.
        case call([UInt8])
        /// The first packet, and what came behind it.
        case check([UInt8], rest: [UInt8])
        case stranger
    }

    /// A check has some 130 octets; a username of both sides (RFC 8445 §5.3: 256 ice-chars each) and SHA-256 make it 700.
    static let longestCheck = 1024
    /// RFC 8489 §5: the header, which nothing is shorter than.
    private static let shortestCheck = 20

    /// How each of the two begins; nil where anything may stand. The call's first two octets, its type, would be a frame of a
    /// single octet.
    private static let call: [UInt8?] = [0x00, 0x01, 0x00, 0x08, 0x21, 0x12, 0xA4, 0x42]
    private static let check: [UInt8?] = [nil, nil, 0x00, 0x01, nil, nil, 0x21, 0x12, 0xA4, 0x42]

    private var buffer: [UInt8] = []

    mutating func receive(_ bytes: [UInt8]) -> Outcome {
        buffer += bytes
        if begins(like: Self.call) { return buffer.count < CallReader.length ? .unclear : .call(Array(buffer.prefix(CallReader.length))) }
        guard begins(like: Self.check) else { return .stranger }
        guard buffer.count >= 2 else { return .unclear }
        let length = Int(buffer[0]) << 8 | Int(buffer[1])
        guard (Self.shortestCheck...Self.longestCheck).contains(length) else { return .stranger }
        guard buffer.count >= 2 + length else { return .unclear }
        return .check(Array(buffer[2..<2 + length]), rest: Array(buffer[(2 + length)...]))
    }

    private func begins(like pattern: [UInt8?]) -> Bool {
        zip(buffer, pattern).allSatisfy { octet, wanted in wanted.map { $0 == octet } ?? true }
    }
}
