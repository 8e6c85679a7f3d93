/// Where `--door` listens, as the person asked for it.
public enum DoorPort: Hashable, Sendable {
    /// 3389, which a firewall may know, or another one when somebody has that.
    case usual
    /// This one and no other.
    case named(UInt16)

    /// What Remote Assistance used, and what firewalls were taught to let through.
    package static let usualPort: UInt16 = 3389

    /// Ports at which a helper connects and a relay dials back: 443, and those that need no privilege. Whoever could name
    /// others would have peers knock at mail and file servers.
    package static func isAllowed(_ port: UInt16) -> Bool { port == 443 || port >= 1024 }

    /// Reads a port that may be a door; nil for anything else.
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text),
            Self.isAllowed(port)
        else { return nil }
        self = .named(port)
    }
}
