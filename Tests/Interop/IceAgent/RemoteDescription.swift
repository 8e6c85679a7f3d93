import DTLS
import ICE

/// What the other end says of itself, from its attribute lines.
struct RemoteDescription {
    private var usernameFragment: String?
    private var password: String?
    private(set) var fingerprint: DTLS.Fingerprint?

    /// Takes an attribute; those that say nothing of this kind change nothing.
    mutating func take(_ name: Substring, _ value: String) {
        switch name {
        case "ice-ufrag": usernameFragment = value
        case "ice-pwd": password = value
        case "fingerprint":
            let words = value.split(separator: " ")
            guard words.count == 2, words[0].lowercased() == "sha-256" else { return }
            fingerprint = DTLS.Fingerprint(String(words[1]))
        default: break
        }
    }

    /// Once both are known, and are what RFC 8839 §5.4 allows.
    var credentials: ICE.Credentials? {
        guard let usernameFragment, let password else { return nil }
        return ICE.Credentials(usernameFragment: usernameFragment, password: password)
    }
}
