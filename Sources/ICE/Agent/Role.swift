/// Which agent chooses the pair (RFC 8445 §6.1.1).
public enum Role: String, Hashable, Sendable {
    case controlling
    case controlled

    var opposite: Role { self == .controlling ? .controlled : .controlling }
}
