private import Crypto
public import NetPrimitives

/// USERHASH: says who asks only to those who know the name: SHA-256 of `username:realm` (RFC 8489 §14.4).
public struct Userhash: Attribute, Hashable {
    public static let type = AttributeType.userhash
    /// 32.
    public let octets: [UInt8]

    public init(username: String, realm: String) {
        let text = "\(OpaqueString.prepare(username)):\(OpaqueString.prepare(realm))"
        octets = Array(SHA256.hash(data: Array(text.utf8)))
    }

    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard value.count == SHA256.byteCount else { throw MalformedAttribute(Self.type) }
        octets = Array(value)
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) { writer.write(octets) }
}
