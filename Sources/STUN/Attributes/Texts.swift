// RFC 8489 §14.3, §14.9, §14.10, §14.14: USERNAME, REALM, NONCE, SOFTWARE.

/// USERNAME: at most 508 octets.
public struct Username: TextAttribute {
    public static let type = AttributeType.username
    public static let maximumOctets = 508
    public let text: String
    public init(_ text: String) { self.text = text }
}

/// REALM: at most 763 octets.
public struct Realm: TextAttribute {
    public static let type = AttributeType.realm
    public static let maximumOctets = 763
    public let text: String
    public init(_ text: String) { self.text = text }
}

/// NONCE: at most 763 octets.
public struct Nonce: TextAttribute {
    public static let type = AttributeType.nonce
    public static let maximumOctets = 763
    public let text: String
    public init(_ text: String) { self.text = text }
}

/// SOFTWARE: at most 763 octets; for logs, never for decisions.
public struct Software: TextAttribute {
    public static let type = AttributeType.software
    public static let maximumOctets = 763
    public let text: String
    public init(_ text: String) { self.text = text }
}
