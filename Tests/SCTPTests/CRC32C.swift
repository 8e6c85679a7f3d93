/// SCTP's checksum (RFC 9260 appendix A), so that damaged packets get past it and reach what they are to try.
func withChecksum(_ packet: [UInt8]) -> [UInt8] {
    guard packet.count >= 12 else { return packet }
    var packet = packet
    packet[8...11] = [0, 0, 0, 0]
    var register = UInt32.max
    for byte in packet {
        register ^= UInt32(byte)
        for _ in 0..<8 { register = register & 1 == 1 ? register >> 1 ^ 0x82F6_3B78 : register >> 1 }
    }
    for index in 0..<4 { packet[8 + index] = UInt8(truncatingIfNeeded: ~register >> UInt32(8 * index)) }
    return packet
}
