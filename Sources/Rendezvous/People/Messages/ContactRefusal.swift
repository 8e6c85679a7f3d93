/// Why a relay did not do what a person's program asked.
public enum ContactRefusal: String, Error, Hashable, Sendable, CaseIterable {
    case malformed
    case tooLarge = "too-large"
    case unsupportedVersion = "unsupported-version"
    /// The message makes no sense here: not proven yet, or such a call is there already.
    case wrongState = "wrong-state"
    /// The proof is not one of this key, of this relay and of this moment.
    case notProven = "not-proven"
    /// Whoever runs the relay has shut this person out.
    case banned
    /// The relay's policy: not everybody may have a name.
    case notAllowed = "not-allowed"
    /// The name is somebody else's.
    case nameTaken = "name-taken"
    /// Nobody has registered the name for this key.
    case notYours = "not-yours"
    case rateLimited = "rate-limited"
    /// One of the relay's tables is full: wait.
    case busy
    /// The relay cannot reach its store.
    case unavailable
}

extension ContactRefusal: CustomStringConvertible {
    /// A sentence for the person at the client.
    public var description: String {
        switch self {
        case .malformed, .tooLarge, .wrongState: "The relay did not understand this program: update it, or try again."
        case .unsupportedVersion: "The relay speaks another version: update this program, or the relay."
        case .notProven:
            "The relay did not accept the proof of your key: use the relay's address as whoever runs it has told you."
        case .banned: "This relay does not let you in: ask who runs it."
        case .notAllowed: "This relay gives you no name from this network: ask who runs it."
        case .nameTaken: "Somebody else has this name at the relay: choose another one."
        case .notYours: "This name is not registered for your key at the relay: register it first."
        case .rateLimited: "The relay takes no more such requests from your network for a while: wait, and try again."
        case .busy: "The relay is full, or has all that it takes of your network: wait a minute and try again."
        case .unavailable: "The relay has a problem with its database: try again, or tell who runs it."
        }
    }
}
