/// What a person signs to prove to a relay whose key it is that it speaks with.
///
/// The statement names the host that the client connected to, so that a relay which is asked cannot hand the proof on to another
/// one, and a number that the relay has just made up, so that none is good twice.
enum IdentityProof {
    /// Bytes of a challenge: no two are alike.
    static let nonceSize = 32
    /// Bytes of an Ed25519 signature (RFC 8032).
    static let size = 64

    /// - Parameter host: of the URL, without the port, in lower case.
    static func statement(host: String, nonce: [UInt8], key: PersonKey) -> [UInt8] {
        CPace.lvCat(Array("ra-contacts/1 identify".utf8), Array(host.utf8), nonce, key.bytes)
    }
}

extension RelayURL {
    /// Host name or address without the port; an IPv6 address keeps its brackets.
    public var host: String {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") { return String(authority[...end]) }
        return String(authority.prefix { $0 != ":" })
    }
}
