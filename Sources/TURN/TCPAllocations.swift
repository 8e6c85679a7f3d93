// RFC 6062 §6: what TCP allocations add to TURN.

public import STUN

extension Method {
    /// Asks the server to connect to a peer (§6.1).
    public static let connect = Method(rawValue: 0x00A)
    /// Makes the connection that it comes by the client's end of a peer's connection (§6.1).
    public static let connectionBind = Method(rawValue: 0x00B)
    /// An indication, from the server: a peer has connected (§6.1).
    public static let connectionAttempt = Method(rawValue: 0x00C)
}

extension AttributeType {
    public static let connectionID = AttributeType(rawValue: 0x002A)
}

// §6.3.
extension ErrorCode {
    public static let connectionAlreadyExists = ErrorCode(446, "Connection Already Exists")
    public static let connectionTimeoutOrFailure = ErrorCode(447, "Connection Timeout or Failure")
}

/// CONNECTION-ID: which of the server's connections to peers is meant (RFC 6062 §6.2.1).
public struct ConnectionID: IntegerAttribute, Hashable {
    public static let type = AttributeType.connectionID
    public let value: UInt32
    public init(_ value: UInt32) { self.value = value }
}
