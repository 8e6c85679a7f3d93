/// The class of a STUN message: two bits of its type (RFC 8489 §5).
public enum MessageClass: UInt8, Hashable, Sendable, CaseIterable {
    case request = 0b00
    case indication = 0b01
    case successResponse = 0b10
    case errorResponse = 0b11
}

/// The method of a STUN message: twelve bits of its type (RFC 8489 §5). Rooms that use STUN add theirs.
public struct Method: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16

    /// Bits above the twelfth are dropped.
    public init(rawValue: UInt16) { self.rawValue = rawValue & 0x0FFF }

    /// RFC 8489 §18.2.
    public static let binding = Method(rawValue: 0x001)
}

/// A class and a method, interleaved into fourteen bits on the wire (RFC 8489 §5, figure 3).
public struct MessageType: Hashable, Sendable {
    public var messageClass: MessageClass
    public var method: Method

    public init(_ messageClass: MessageClass, _ method: Method) {
        self.messageClass = messageClass
        self.method = method
    }

    /// Takes the first sixteen bits of a message apart; the two topmost are ignored here.
    public init(wireValue: UInt16) {
        messageClass =
            switch (wireValue & 0x0100 != 0, wireValue & 0x0010 != 0) {
            case (false, false): .request
            case (false, true): .indication
            case (true, false): .successResponse
            case (true, true): .errorResponse
            }
        method = Method(rawValue: wireValue & 0x000F | wireValue >> 1 & 0x0070 | wireValue >> 2 & 0x0F80)
    }

    public var wireValue: UInt16 {
        let bits = method.rawValue
        let classBits = UInt16(messageClass.rawValue)
        return bits & 0x000F | (bits & 0x0070) << 1 | (bits & 0x0F80) << 2
            | (classBits & 0b01) << 4 | (classBits & 0b10) << 7
    }
}
