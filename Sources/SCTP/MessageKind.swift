/// What a message's bytes are.
public enum MessageKind: Hashable, Sendable {
    case binary
    /// UTF-8 by agreement; it is not checked here.
    case text
}

/// The payload protocol identifiers of WebRTC (RFC 8831 section 8).
enum PayloadProtocol: UInt32 {
    case control = 50
    case text = 51
    case binary = 53
    /// SCTP has no empty messages: one byte goes in their place and is ignored.
    case emptyText = 56
    case emptyBinary = 57

    init(_ kind: MessageKind, isEmpty: Bool) {
        switch kind {
        case .text: self = isEmpty ? .emptyText : .text
        case .binary: self = isEmpty ? .emptyBinary : .binary
        }
    }
}
