public import NetPrimitives

/// What stands before the compressed picture in one screen message: 20 bytes, numbers in network byte order.
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 1 | version, 1 |
/// | 1 | 1 | flags: 1 key frame, 2 refinement of a picture at rest; the others are 0 |
/// | 2 | 2 | width in pixels |
/// | 4 | 2 | height in pixels |
/// | 6 | 2 | reserved: written as 0, ignored when read |
/// | 8 | 4 | sequence number |
/// | 12 | 8 | time of capture, microseconds on the sharer's own clock |
public struct FrameHeader: Hashable, Sendable {
    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The picture can be decoded without any earlier one.
        public static let key = Flags(rawValue: 1)
        /// Nothing moved: the same picture as before in a better quality.
        public static let refinement = Flags(rawValue: 2)

        static let all: Flags = [.key, .refinement]
    }

    public enum DecodingError: Error, Hashable, Sendable {
        case truncated
        case unsupportedVersion(UInt8)
        case unknownFlags(UInt8)
        /// A side of zero pixels.
        case emptyPicture
    }

    public static let version: UInt8 = 1
    /// Bytes.
    public static let encodedSize = 20

    public var flags: Flags
    public var width: UInt16
    public var height: UInt16
    /// Counts up by one with every message, and wraps.
    public var sequence: UInt32
    /// Microseconds since an origin that only the sharer knows.
    public var captureTime: UInt64

    public init(flags: Flags, width: UInt16, height: UInt16, sequence: UInt32, captureTime: UInt64) {
        self.flags = flags
        self.width = width
        self.height = height
        self.sequence = sequence
        self.captureTime = captureTime
    }

    /// Reads the header at the front of a message and leaves `reader` at the compressed picture.
    public init(from reader: inout ByteReader) throws(DecodingError) {
        guard let version = try? reader.readUInt8() else { throw .truncated }
        guard version == Self.version else { throw .unsupportedVersion(version) }
        do throws(ByteReader.Truncated) {
            flags = Flags(rawValue: try reader.readUInt8())
            width = try reader.readUInt16()
            height = try reader.readUInt16()
            try reader.skip(2)
            sequence = try reader.readUInt32()
            captureTime = try reader.readUInt64()
        } catch {
            throw .truncated
        }
        guard flags.isSubset(of: .all) else { throw .unknownFlags(flags.rawValue) }
        guard width > 0, height > 0 else { throw .emptyPicture }
    }

    public func encode(to writer: inout ByteWriter) {
        writer.write(Self.version)
        writer.write(flags.rawValue)
        writer.write(width)
        writer.write(height)
        writer.writeZeros(2)
        writer.write(sequence)
        writer.write(captureTime)
    }
}
