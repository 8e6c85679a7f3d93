/// Reads numbers in network byte order and runs of bytes from the front of a buffer.
///
/// Every read checks the length once and throws `Truncated`; nothing here can trap on what a peer sent.
public struct ByteReader: Sendable {
    /// The buffer ended before what was asked for.
    public struct Truncated: Error, Hashable, Sendable {
        public init() {}
    }

    private let bytes: ArraySlice<UInt8>
    private var index: Int

    public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    /// Bytes not read yet.
    public var remaining: Int { bytes.endIndex - index }
    public var isAtEnd: Bool { remaining == 0 }

    public mutating func read(count: Int) throws(Truncated) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw Truncated() }
        defer { index += count }
        return bytes[index..<index + count]
    }

    /// Everything that is left.
    public mutating func readRest() -> ArraySlice<UInt8> {
        defer { index = bytes.endIndex }
        return bytes[index...]
    }

    public mutating func skip(_ count: Int) throws(Truncated) { _ = try read(count: count) }

    public mutating func readUInt8() throws(Truncated) -> UInt8 { try readInteger() }
    public mutating func readUInt16() throws(Truncated) -> UInt16 { try readInteger() }
    public mutating func readUInt32() throws(Truncated) -> UInt32 { try readInteger() }
    public mutating func readUInt64() throws(Truncated) -> UInt64 { try readInteger() }

    private mutating func readInteger<Number: FixedWidthInteger & UnsignedInteger>() throws(Truncated) -> Number {
        var value: Number = 0
        for byte in try read(count: Number.bitWidth / 8) {
            value = value << 8 | Number(truncatingIfNeeded: byte)  // of UInt8 the shift leaves 0
        }
        return value
    }
}
