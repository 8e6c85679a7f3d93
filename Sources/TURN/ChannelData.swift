private import NetPrimitives

/// Application data with four bytes in front: a channel's number and the length (RFC 8656 §12.4).
public struct ChannelData: Hashable, Sendable {
    /// Why bytes are not a ChannelData message.
    public enum DecodingError: Error, Hashable, Sendable {
        /// Fewer than four bytes, or fewer than the length promises.
        case truncated
        /// The number is outside 0x4000...0x7FFF.
        case reservedNumber(UInt16)
    }

    /// Bytes before the data.
    public static let headerSize = 4
    /// Bytes of data at most: what the length can say.
    public static let maximumLength = 0xFFFF

    public let channel: ChannelNumber
    public let payload: ArraySlice<UInt8>

    /// `payload` has at most `maximumLength` bytes.
    public init(channel: ChannelNumber, payload: ArraySlice<UInt8>) {
        precondition(payload.count <= Self.maximumLength)
        self.channel = channel
        self.payload = payload
    }

    /// Decodes one datagram, or one message cut from a stream. What stands behind the length is padding.
    public init(decoding bytes: [UInt8]) throws(DecodingError) {
        guard bytes.count >= Self.headerSize else { throw .truncated }
        let number = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        guard let channel = ChannelNumber(rawValue: number) else { throw .reservedNumber(number) }
        let end = Self.headerSize + (Int(bytes[2]) << 8 | Int(bytes[3]))
        guard bytes.count >= end else { throw .truncated }
        self.channel = channel
        payload = bytes[Self.headerSize..<end]
    }

    /// Whether a message's first byte is ChannelData's (64 to 127).
    public static func looksLike(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.first.map { ChannelNumber.firstBytes.contains($0) } == true
    }

    /// The message's bytes; `padded` to a multiple of four over TCP and TLS, where the next one
    /// follows at once (RFC 8656 §12.5).
    public func encoded(padded: Bool) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: Self.headerSize + payload.count + 3)
        writer.write(channel.rawValue)
        writer.write(UInt16(payload.count))
        writer.write(payload)
        if padded { writer.writeZeros((4 - payload.count % 4) % 4) }
        return writer.bytes
    }
}
