import NetPrimitives

/// The numbers of PCP's wire format (RFC 6887 §7).
package enum PCPFormat {
    package static let version: UInt8 = 2
    /// A request's header is as long as a response's (§7.1, §7.2).
    static let headerCount = 24
    /// "Maximum PCP message size is 1100 octets" (§7); every message is a multiple of four octets.
    package static let maximumCount = 1100
    /// Set in the octet of the opcode by a response.
    static let responseBit: UInt8 = 0x80

    /// Where a server listens (§19.1).
    package static let serverPort: UInt16 = 5351
    /// Where clients hear what a server announces unasked (§19.1), sent to 224.0.0.1 and ff02::1 (§14.1.1).
    package static let clientPort: UInt16 = 5350

    /// RFC 6887 §19.2.
    enum Opcode {
        static let announce: UInt8 = 0
        static let map: UInt8 = 1
        static let peer: UInt8 = 2
    }
}

extension ByteWriter {
    /// An address as PCP has them: 128 bits, IPv4 as an IPv4-mapped IPv6 one (RFC 6887 §5).
    mutating func writePCP(_ address: IPAddress) {
        switch address {
        case .v4(let bits):
            write(0 as UInt64)
            write(0xFFFF as UInt32)
            write(bits)
        case .v6(let high, let low):
            write(high)
            write(low)
        }
    }
}

extension ByteReader {
    mutating func readPCPAddress() throws(Truncated) -> IPAddress {
        IPAddress.v6(try readUInt64(), try readUInt64()).unmapped
    }
}
