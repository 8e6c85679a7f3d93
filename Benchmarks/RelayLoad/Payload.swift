/// What every packet of the load carries: who sent it, the how-manieth it is, when, and a checksum over all of it.
///
/// Both ends are this program, so the numbers stand in the machine's own byte order:
/// sequence (8 bytes), flow (4), direction (4), time sent (8), checksum (8), then bytes that change with the sequence.
enum Payload {
    static let headerSize = 32
    private static let checksumOffset = 24
    /// Bodies are cut from a block of noise, each packet from another place.
    private static let noiseSize = 1 << 14

    /// unsafe: made once, never freed, only read afterwards.
    nonisolated(unsafe) private static let noise: UnsafePointer<UInt8> = {
        let block = UnsafeMutablePointer<UInt8>.allocate(capacity: noiseSize)
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for index in 0..<noiseSize {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            block[index] = UInt8(truncatingIfNeeded: state >> 56)
        }
        return UnsafePointer(block)
    }()

    enum Direction: UInt32 {
        case up = 0x5550_5550
        case down = 0x444F_574E
    }

    /// Fills `size` bytes, at least `headerSize`.
    static func write(
        to bytes: UnsafeMutablePointer<UInt8>, size: Int, sequence: UInt64, flow: Int, direction: Direction,
        sentAt nanoseconds: Int64
    ) {
        let raw = UnsafeMutableRawPointer(bytes)
        raw.storeBytes(of: sequence, as: UInt64.self)
        raw.storeBytes(of: UInt32(flow), toByteOffset: 8, as: UInt32.self)
        raw.storeBytes(of: direction.rawValue, toByteOffset: 12, as: UInt32.self)
        raw.storeBytes(of: nanoseconds, toByteOffset: 16, as: Int64.self)
        raw.storeBytes(of: 0, toByteOffset: checksumOffset, as: UInt64.self)
        let body = size - headerSize
        let place = Int(truncatingIfNeeded: sequence &* 61) & (noiseSize / 2 - 1)
        (raw + headerSize).copyMemory(from: noise + place, byteCount: body)
        raw.storeBytes(of: checksum(raw, size: size), toByteOffset: checksumOffset, as: UInt64.self)
    }

    struct Header {
        let sequence: UInt64
        let flow: Int
        let direction: UInt32
        let sentAt: Int64
    }

    /// The header of a packet that arrived whole, nil for any other. Reads every byte, and restores what it changes.
    static func read(_ bytes: UnsafeMutablePointer<UInt8>, size: Int) -> Header? {
        guard size >= headerSize else { return nil }
        let raw = UnsafeMutableRawPointer(bytes)
        let claimed = raw.loadUnaligned(fromByteOffset: checksumOffset, as: UInt64.self)
        raw.storeBytes(of: 0, toByteOffset: checksumOffset, as: UInt64.self)
        guard checksum(raw, size: size) == claimed else { return nil }
        raw.storeBytes(of: claimed, toByteOffset: checksumOffset, as: UInt64.self)
        return Header(
            sequence: raw.loadUnaligned(as: UInt64.self),
            flow: Int(raw.loadUnaligned(fromByteOffset: 8, as: UInt32.self)),
            direction: raw.loadUnaligned(fromByteOffset: 12, as: UInt32.self),
            sentAt: raw.loadUnaligned(fromByteOffset: 16, as: Int64.self))
    }

    /// Fletcher's sum in four lanes of 64 bits, and the length: a changed, moved or missing byte changes it.
    private static func checksum(_ raw: UnsafeMutableRawPointer, size: Int) -> UInt64 {
        var sum = SIMD4<UInt64>(repeating: UInt64(size))
        var sums = SIMD4<UInt64>(1, 2, 3, 4)
        var offset = 0
        while offset + 32 <= size {
            sum &+= raw.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
            sums &+= sum
            offset += 32
        }
        var rest = SIMD4<UInt64>.zero
        withUnsafeMutableBytes(of: &rest) { $0.copyMemory(from: UnsafeRawBufferPointer(start: raw + offset, count: size - offset)) }
        sum &+= rest
        sums &+= sum
        var result: UInt64 = 0
        for lane in 0..<4 { result = (result ^ sums[lane] ^ (sum[lane] << 1)) &* 0x9E37_79B9_7F4A_7C15 }
        return result
    }
}
