/// Why a text is not a message of the rendezvous.
public enum MessageError: Error, Hashable, Sendable {
    /// More than 20 KiB.
    case tooLarge
    /// Not one JSON object with a `type`, or a field that the type needs is missing, malformed or too long.
    case malformed
    /// A `type` this version does not know: to be ignored, so that later versions can say more.
    case unknownType
    /// A version of the protocol other than 1.
    case unsupportedVersion
}
