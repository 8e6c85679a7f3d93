import NetPrimitives

/// The 96 bits by which a server knows whose mapping it is (RFC 6887 §11.1): who does not have them can neither renew nor
/// delete it, and an answer without them is not ours.
package struct PCPNonce: Hashable, Sendable {
    package static let count = 12

    private var high: UInt64
    private var low: UInt32

    /// From the system's generator outside of tests: "nonces should be hard to guess" (§18.2).
    package init(using random: inout some RandomNumberGenerator) {
        high = random.next()
        low = UInt32(truncatingIfNeeded: random.next() as UInt64)
    }

    /// nil when there are not 12 of them.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.count else { return nil }
        high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    init(from reader: inout ByteReader) throws(ByteReader.Truncated) {
        high = try reader.readUInt64()
        low = try reader.readUInt32()
    }

    func write(to writer: inout ByteWriter) {
        writer.write(high)
        writer.write(low)
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter(reservingCapacity: Self.count)
        write(to: &writer)
        return writer.bytes
    }
}

extension PCPNonce: CustomStringConvertible {
    package var description: String { "<redacted>" }
}
