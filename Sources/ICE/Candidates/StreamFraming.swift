/// Packets in a stream, each with its length in two bytes before it (RFC 4571 §2): what ICE, DTLS and all else that
/// UDP would carry look like on a TCP candidate's connection (RFC 6544 §7).
public struct StreamFraming: Sendable {
    /// The largest packet, in bytes.
    public static let maximumPacket = Int(UInt16.max)

    /// A part of a packet, at most its length and all but its last byte.
    private var buffer: [UInt8] = []

    public init() {}

    /// A packet's bytes on the stream; nil for one that is too long.
    public static func frame(_ packet: [UInt8]) -> [UInt8]? {
        guard packet.count <= maximumPacket else { return nil }
        return [UInt8(packet.count >> 8), UInt8(packet.count & 0xFF)] + packet
    }

    /// Takes the next bytes of the stream; the packets that are complete with them, in order. Empty ones are left out.
    public mutating func receive(_ bytes: [UInt8]) -> [[UInt8]] {
        buffer += bytes
        var packets: [[UInt8]] = []
        var start = 0
        while buffer.count - start >= 2 {
            let end = start + 2 + (Int(buffer[start]) << 8 | Int(buffer[start + 1]))
            guard end <= buffer.count else { break }
            if end > start + 2 { packets.append(Array(buffer[start + 2..<end])) }
            start = end
        }
        buffer.removeFirst(start)
        return packets
    }
}
