/// Reads numbers bit by bit, most significant first, as the uncompressed header of a VP9 frame is written.
struct BitReader {
    private let bytes: ArraySlice<UInt8>
    private var offset = 0

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// The next `count` bits, at most 32; nil when the bytes end before.
    mutating func read(_ count: Int) -> UInt32? {
        guard count <= bytes.count * 8 - offset else { return nil }
        var value: UInt32 = 0
        for _ in 0..<count {
            let byte = bytes[bytes.startIndex + offset / 8]
            value = value << 1 | UInt32(byte >> (7 - UInt8(offset % 8)) & 1)
            offset += 1
        }
        return value
    }

    mutating func readFlag() -> Bool? { read(1).map { $0 == 1 } }
}
