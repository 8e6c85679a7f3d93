/// Why a datagram is no PCP response that we understand.
package enum PCPDecodingError: Error, Hashable, Sendable {
    case truncated
    /// Above 1100 octets, or not a multiple of four (RFC 6887 §8.3).
    case badLength(Int)
    /// Another version: 0 is NAT-PMP's (§9).
    case version(UInt8)
    case notAResponse
    case unknownOpcode(UInt8)
    case unknownProtocol(UInt8)
    /// An option that reaches beyond the datagram (§7.3).
    case malformedOption
}
