import Crypto
private import Foundation

/// HMAC (RFC 2104) over bytes where they lie, with the library's hash functions.
///
/// The library's own HMAC takes its bytes through generic code that is not specialized for ours: with it an Allocate's two
/// codes were a seventh of all that an Allocate takes.
struct KeyedHash<Hash: HashFunction> {
    private var inner: Hash
    private var outer: Hash

    init(key: [UInt8]) {
        // §2: a key longer than a block is hashed first, a shorter one padded with zeros.
        let key = key.count > Hash.blockByteCount ? Array(Hash.hash(data: key)) : key
        (inner, outer) = withUnsafeTemporaryAllocation(byteCount: Hash.blockByteCount, alignment: 8) { block in
            (Self.begin(key, 0x36, in: block), Self.begin(key, 0x5C, in: block))
        }
    }

    /// A hash that has begun with the padded key.
    ///
    /// - Parameter block: a block's size, for the padded key; cleared when this returns.
    static func begin(_ key: [UInt8], _ pad: UInt8, in block: UnsafeMutableRawBufferPointer) -> Hash {
        var hash = Hash()
        for index in block.indices { block[index] = pad }
        for index in key.indices { block[index] ^= key[index] }
        hash.update(bufferPointer: UnsafeRawBufferPointer(block))
        // Not left out as a plain loop would be, whose zeros nobody reads.
        if let start = block.baseAddress { explicit_bzero(start, block.count) }
        return hash
    }

    /// unsafe: `bytes` are read before it returns.
    mutating func update(_ bytes: UnsafeRawBufferPointer) { inner.update(bufferPointer: bytes) }

    /// The code over all that it was updated with.
    consuming func finish() -> [UInt8] {
        inner.finalize().withUnsafeBytes { outer.update(bufferPointer: $0) }
        return outer.finalize().withUnsafeBytes { Array($0) }
    }
}
