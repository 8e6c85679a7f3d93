/// A PassStub ([MS-RAI] section 6, Appendix A): a random text that who knows the invitation's password sends back encrypted.
public struct PassStub: Sendable, Hashable {
    public let text: String

    /// Windows writes 14 characters.
    static let maximumSize = 256

    public init(_ text: String) throws(IncidentError) {
        guard text.utf8.count <= Self.maximumSize else { throw .malformed("PassStub") }
        self.text = text
    }

    /// What proves the password, in upper-case hexadecimal: the stub's length in bytes (32 bits, little-endian) and the stub in
    /// UTF-16LE, encrypted by RC4 with the MD5 of the password in UTF-16LE for a key.
    public func proof(password: String) -> String {
        let stub = text.utf16LittleEndian
        var cipher = RC4(key: LibCrypto.md5(password.utf16LittleEndian))
        return cipher.encrypt((0..<4).map { UInt8(truncatingIfNeeded: stub.count >> (8 * $0)) } + stub).upperCaseHexadecimal
    }
}
