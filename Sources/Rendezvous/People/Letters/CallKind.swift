/// What somebody calls for, which the relay may know: it decides whom the other side hears from.
public enum CallKind: String, Hashable, Sendable, CaseIterable {
    /// An invitation to help.
    case ring
    /// An offer of help.
    case offer
    /// To become a contact.
    case request
}
