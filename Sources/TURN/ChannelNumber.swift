public import NetPrimitives
public import STUN

/// The number of a channel, 0x4000 to 0x7FFF; as an attribute, CHANNEL-NUMBER (RFC 8656 §12, §18.1).
///
/// RFC 8656 took 0x5000 and up away from RFC 5766's numbers, for protocols that share a port with TURN (RFC 7983).
/// None of those does here, and coturn's client still draws its numbers from the old range: all of it is taken,
/// and ours chooses from `preferred`.
public struct ChannelNumber: Attribute, RawRepresentable, Hashable {
    public static let type = AttributeType.channelNumber
    /// RFC 5766 §11.
    public static let range: ClosedRange<UInt16> = 0x4000...0x7FFF
    /// RFC 8656 §12.
    public static let preferred: ClosedRange<UInt16> = 0x4000...0x4FFF
    /// The first bytes of ChannelData, by which it is told from STUN and DTLS.
    public static let firstBytes: ClosedRange<UInt8> = 0x40...0x7F
    public let rawValue: UInt16

    /// nil outside the range.
    public init?(rawValue: UInt16) {
        guard Self.range.contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    /// The number, then two octets that mean nothing.
    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard value.count == 4,
            let number = ChannelNumber(rawValue: UInt16(value[value.startIndex]) << 8 | UInt16(value[value.startIndex + 1]))
        else { throw MalformedAttribute(Self.type) }
        self = number
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        writer.write(rawValue)
        writer.write(UInt16(0))
    }
}
