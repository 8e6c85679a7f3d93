/// An LHTICKET: a connection string 2 under the invitation's password ([MS-RAI] section 6, Appendix A, the second type).
///
/// The text in UTF-16LE is encrypted with AES-128 in CBC mode, a vector of zeros and PKCS #7's padding. The key is what
/// CryptDeriveKey makes of the SHA-1 of the password in UTF-16LE: the first 16 bytes of the SHA-1 of 64 bytes of 0x36 with that
/// digest exclusive-ored into them. Seen in tickets of Windows 7 and later; hexadecimal in the file.
public struct SealedTicket: Sendable, Hashable {
    let bytes: [UInt8]

    /// Bytes of the longest ticket that is read; one with a dozen addresses has a thousand.
    static let maximumSize = 16 * 1024

    public init(hexadecimal text: String) throws(IncidentError) {
        let digits = text.filter { !$0.isWhitespace }.utf8
        guard !digits.isEmpty, digits.count % (2 * LibCrypto.aesBlockSize) == 0, digits.count <= 2 * Self.maximumSize else {
            throw .malformed("LHTICKET")
        }
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue.map(UInt8.init) else { throw .malformed("LHTICKET") }
            if let half = high { bytes.append(half << 4 | value) }
            high = high == nil ? value : nil
        }
        self.bytes = bytes
    }

    public var hexadecimal: String { bytes.upperCaseHexadecimal }

    /// What is in it. A wrong password is told from a damaged ticket by nothing: both do not open.
    public func open(password: String) throws(IncidentError) -> ConnectionString2 {
        guard let padded = LibCrypto.decryptAES128CBC(bytes, key: Self.key(password: password)),
            let count = padded.last.map(Int.init), (1...LibCrypto.aesBlockSize).contains(count),
            padded.suffix(count).allSatisfy({ $0 == UInt8(count) })
        else { throw .wrongPassword }
        let text = XMLText.utf16(padded.dropLast(count), low: 0)
        guard text.hasPrefix("<E>") else { throw .wrongPassword }
        return try ConnectionString2(text)
    }

    /// Seals a connection string; nil for one that no ticket holds.
    init?(sealing content: ConnectionString2, password: String) {
        let text = content.description.utf16LittleEndian
        let padding = LibCrypto.aesBlockSize - text.count % LibCrypto.aesBlockSize
        guard text.count + padding <= Self.maximumSize,
            let box = LibCrypto.encryptAES128CBC(
                text + [UInt8](repeating: UInt8(padding), count: padding), key: Self.key(password: password))
        else { return nil }
        bytes = box
    }

    static func key(password: String) -> [UInt8] {
        let digest = LibCrypto.sha1(password.utf16LittleEndian)
        var block = [UInt8](repeating: 0x36, count: 64)
        for (index, byte) in digest.enumerated() { block[index] ^= byte }
        return Array(LibCrypto.sha1(block).prefix(16))
    }
}
