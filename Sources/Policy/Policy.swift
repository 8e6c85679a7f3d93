public import Rendezvous

/// What is allowed on a machine; the defaults are those of a machine whose administrator has said nothing.
public struct Policy: Hashable, Sendable {
    /// Whether people may ask for help.
    public var mayAsk = true
    /// Whether help may be offered to them: not where nobody has said so.
    public var mayBeOffered = false
    /// Who may offer it; nil: every contact.
    public var helpers: [PermittedHelper]?
    /// The longest life of an invitation; nil: what the relay allows.
    public var longestInvitation: Duration?
    /// The most that a helper can be given.
    public var ceiling = Ceiling.control
    /// Which way files, and what is in the clipboard, may go.
    public var files = Directions.both
    public var clipboard = Directions.both
    /// Which connections a helper may be lent, each as HOST:PORT; nil: those that the person names.
    public var tcp: [String]?
    /// At which relays people may meet; nil: at any.
    public var relays: [RelayURL]?
    /// The relays that the administrator names; nil: none were. What a person writes is never among them: a relay that they choose
    /// themselves could give any name to anybody.
    public internal(set) var administratorRelays: [RelayURL]?
    /// In place of our own sentence, before the yes to view and before the yes to control.
    public var warningBeforeView: String?
    public var warningBeforeControl: String?
    /// Whether sessions are written down; nil: as the person wants it, and that is yes where they say nothing.
    public var logsSessions: Bool?

    public init() {}
}

/// Which way something may go, seen from this machine.
public enum Directions: String, Hashable, Sendable, CaseIterable {
    case none, send, receive, both

    /// What both of two allow.
    func narrowed(by other: Directions) -> Directions {
        switch (self, other) {
        case (.both, let directions), (let directions, .both): directions
        case (.send, .send): .send
        case (.receive, .receive): .receive
        case (.none, _), (_, .none), (.send, .receive), (.receive, .send): .none
        }
    }
}

/// Somebody who may offer help on this machine.
public struct PermittedHelper: Hashable, Sendable {
    public enum Identity: Hashable, Sendable {
        /// A contact, by the address in the person's list: `name@relay`.
        case contact(String)
        /// Whoever holds the key with this fingerprint, as `ra-connect contacts list` shows it.
        case key(String)
        /// Whose name is that of a member of this group of this machine, at a relay that the administrator's `relays` names.
        case group(String)
    }

    public var identity: Identity
    public var ceiling: Ceiling

    public init(_ identity: Identity, ceiling: Ceiling) {
        self.identity = identity
        self.ceiling = ceiling
    }
}

extension Ceiling {
    /// What both of two allow.
    func narrowed(by other: Ceiling) -> Ceiling { self == .view || other == .view ? .view : .control }
}
