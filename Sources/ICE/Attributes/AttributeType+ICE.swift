public import STUN

// RFC 8445 §16.1.
extension AttributeType {
    public static let priority = AttributeType(rawValue: 0x0024)
    public static let useCandidate = AttributeType(rawValue: 0x0025)
    public static let iceControlled = AttributeType(rawValue: 0x8029)
    public static let iceControlling = AttributeType(rawValue: 0x802A)
}

// RFC 8445 §16.2.
extension ErrorCode {
    /// Both agents believe to have the same role. The phrase is left out: an answer stays smaller than its request.
    public static let roleConflict = ErrorCode(487, "")
}
