internal import COpenSSL

/// What old Windows computes, by OpenSSL's libcrypto. None of it protects anything by today's measure.
enum LibCrypto {
    static let aesBlockSize = 16

    static func md5(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, EVP_md5(), size: 16) }

    static func sha1(_ bytes: [UInt8]) -> [UInt8] { digest(bytes, EVP_sha1(), size: 20) }

    private static func digest(_ bytes: [UInt8], _ kind: OpaquePointer?, size: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        precondition(EVP_Digest(bytes, bytes.count, &result, &count, kind, nil) == 1 && Int(count) == size, "libcrypto lacks a digest")
        return Array(result.prefix(size))
    }

    /// Whole blocks, with a vector of zeros and with their padding; nil when they are not whole.
    static func decryptAES128CBC(_ bytes: [UInt8], key: [UInt8]) -> [UInt8]? { aes128CBC(bytes, key: key, encrypts: false) }

    /// The same the other way round: the caller has padded them.
    static func encryptAES128CBC(_ bytes: [UInt8], key: [UInt8]) -> [UInt8]? { aes128CBC(bytes, key: key, encrypts: true) }

    private static func aes128CBC(_ bytes: [UInt8], key: [UInt8], encrypts: Bool) -> [UInt8]? {
        precondition(key.count == 16, "AES-128 has a key of 16 bytes")
        guard bytes.count % aesBlockSize == 0, let count = Int32(exactly: bytes.count), let context = EVP_CIPHER_CTX_new() else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        let vector = [UInt8](repeating: 0, count: aesBlockSize)
        guard EVP_CipherInit_ex(context, EVP_aes_128_cbc(), nil, key, vector, encrypts ? 1 : 0) == 1,
            EVP_CIPHER_CTX_set_padding(context, 0) == 1
        else { return nil }
        var result = [UInt8](repeating: 0, count: bytes.count + aesBlockSize)
        var written: Int32 = 0
        guard EVP_CipherUpdate(context, &result, &written, bytes, count) == 1 else { return nil }
        return Array(result.prefix(Int(written)))
    }
}

extension String {
    /// The text as Windows hashes and encrypts it.
    var utf16LittleEndian: [UInt8] { utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] } }
}

extension [UInt8] {
    var upperCaseHexadecimal: String {
        let digits = Array("0123456789ABCDEF".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
