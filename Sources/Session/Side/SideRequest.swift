/// Something that one side asks for beyond view and control, with a yes of its own: to send a file, to share the clipboard,
/// to be lent a connection.
public struct SideRequest: Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        /// “May I send you this?”; the yes is for this one file.
        case file(name: String, bytes: UInt64)
        /// Which way what is copied may go, seen from the asker.
        case clipboard(SideRules.Ways)
        /// Connections from the asker's computer to this place, as the other one reaches it.
        case tcp(Destination)
    }

    /// What the person at this side calls it: no other request of the session has the same.
    public let id: UInt32
    /// What the asker calls it: on the wire, and in the protocol field of the data channels that it opens for it.
    public let wireID: UInt32
    public let asker: Role
    public let subject: Subject

    public init(id: UInt32, wireID: UInt32, asker: Role, _ subject: Subject) {
        self.id = id
        self.wireID = wireID
        self.asker = asker
        self.subject = subject
    }

    public var kind: Capability { subject.kind }
}

extension SideRequest.Subject {
    public var kind: Capability {
        switch self {
        case .file: .file
        case .clipboard: .clipboard
        case .tcp: .tcp
        }
    }

    /// What it is about, for the record of the session.
    public var summary: String {
        switch self {
        case .file(let name, let bytes): "\(name) (\(bytes) bytes)"
        case .clipboard(.send): "from the helper"
        case .clipboard(.receive): "to the helper"
        case .clipboard: "both ways"
        case .tcp(let destination): "\(destination)"
        }
    }
}
