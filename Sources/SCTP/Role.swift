/// The role in the DTLS handshake beneath, which decides whose stream identifiers are even (RFC 8832 section 6).
public enum Role: Hashable, Sendable {
    /// Opens channels on even streams.
    case client
    /// Opens channels on odd streams.
    case server

    func owns(_ stream: UInt16) -> Bool { stream.isMultiple(of: 2) == (self == .client) }
}
