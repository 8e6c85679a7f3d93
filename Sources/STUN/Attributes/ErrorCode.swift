public import NetPrimitives

/// ERROR-CODE: a number from 300 to 699 and a phrase for people (RFC 8489 §14.8).
public struct ErrorCode: Attribute, Hashable {
    public static let type = AttributeType.errorCode
    /// 300...699.
    public let code: Int
    /// At most 763 octets; means nothing to a machine.
    public let reason: String

    /// Numbers outside 300...699 are pulled to the nearest that the wire can carry.
    public init(_ code: Int, _ reason: String) {
        self.code = min(max(code, 300), 699)
        self.reason = reason
    }

    public init(decoding value: ArraySlice<UInt8>, in transactionID: TransactionID) throws(MalformedAttribute) {
        guard (4...4 + 763).contains(value.count) else { throw MalformedAttribute(Self.type) }
        let hundreds = Int(value[value.startIndex + 2] & 0x07)
        let number = Int(value[value.startIndex + 3])
        guard (3...6).contains(hundreds), number < 100 else { throw MalformedAttribute(Self.type) }
        code = hundreds * 100 + number
        reason = String(decoding: value.dropFirst(4), as: UTF8.self)
    }

    public func encode(into writer: inout ByteWriter, in transactionID: TransactionID) {
        writer.write(UInt16(0))
        writer.write(UInt8(code / 100))
        writer.write(UInt8(code % 100))
        writer.write(reason.utf8.prefix(763))
    }
}

extension ErrorCode: CustomStringConvertible {
    public var description: String { "\(code) \(reason)" }
}

// RFC 8489 §14.8.
extension ErrorCode {
    public static let tryAlternate = ErrorCode(300, "Try Alternate")
    public static let badRequest = ErrorCode(400, "Bad Request")
    public static let unauthenticated = ErrorCode(401, "Unauthenticated")
    public static let unknownAttribute = ErrorCode(420, "Unknown Attribute")
    public static let staleNonce = ErrorCode(438, "Stale Nonce")
    public static let serverError = ErrorCode(500, "Server Error")
}
