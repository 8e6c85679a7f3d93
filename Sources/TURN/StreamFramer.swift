private import STUN

/// Cuts STUN and ChannelData messages out of a TCP or TLS byte stream (RFC 8656 §3.1, §12.5).
///
/// Append what arrived, then take messages until there is none: no more than one incomplete message
/// (65,555 bytes at most) stays behind. After an error the stream cannot be understood any more.
public struct StreamFramer: Sendable {
    /// Why a stream is not TURN's; the connection is closed.
    public enum StreamError: Error, Hashable, Sendable {
        /// A message begins with a byte that is neither STUN's nor ChannelData's.
        case unknownMessage(firstByte: UInt8)
        /// A STUN message's length is no multiple of four.
        case badLength
        /// A STUN message without the magic cookie.
        case noMagicCookie
    }

    /// Bytes that each of thousands of connections may keep for its next reading.
    private static let spareCapacity = 4096

    private var buffer: [UInt8] = []
    private var start = 0

    public init() {}

    /// Bytes that wait for the rest of their message.
    public var bufferedCount: Int { buffer.count - start }

    public mutating func append(_ bytes: some Collection<UInt8>) {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
        } else if start >= bufferedCount {
            // What stays moves to the front only when no less has left: each byte moves once at most.
            buffer.removeFirst(start)
            start = 0
        }
        // In one piece where it lies in one: a generic loop takes a call for each byte.
        let isAppended: Void? = bytes.withContiguousStorageIfAvailable { buffer.append(contentsOf: $0) }
        if isAppended == nil { buffer.append(contentsOf: bytes) }
    }

    /// Gives back what a larger reading than usual has taken, when nothing waits.
    public mutating func releaseMemory() {
        guard start == buffer.count, buffer.capacity > Self.spareCapacity else { return }
        buffer = []
        start = 0
    }

    /// The next whole message, without the padding behind ChannelData; nil until more has arrived.
    public mutating func nextMessage() throws(StreamError) -> [UInt8]? {
        guard bufferedCount >= ChannelData.headerSize else {
            if let first = buffer.dropFirst(start).first { try Self.check(first) }
            return nil
        }
        let first = buffer[start]
        try Self.check(first)
        let length = Int(buffer[start + 2]) << 8 | Int(buffer[start + 3])
        var size = ChannelData.headerSize + length
        var sizeOnWire = (size + 3) & ~3
        if first < 4 {
            guard length % 4 == 0 else { throw .badLength }
            guard bufferedCount < 8 || cookie == Message.magicCookie else { throw .noMagicCookie }
            size = Message.headerSize + length
            sizeOnWire = size
        }
        guard bufferedCount >= sizeOnWire else { return nil }
        defer { start += sizeOnWire }
        return Array(buffer[start..<start + size])
    }

    private var cookie: UInt32 { buffer[start + 4..<start + 8].reduce(0) { $0 << 8 | UInt32($1) } }

    private static func check(_ first: UInt8) throws(StreamError) {
        guard first < 4 || ChannelNumber.firstBytes.contains(first) else { throw .unknownMessage(firstByte: first) }
    }
}
