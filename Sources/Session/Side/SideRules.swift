/// What one side leaves of files, clipboard and forwarding: what its program can do, less what its policy forbids. The
/// two sides tell each other theirs, so that nothing is asked for that cannot be.
public struct SideRules: Hashable, Sendable {
    /// Which way something may go, seen from the side whose rules these are.
    public struct Ways: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) { self.rawValue = rawValue & 3 }

        public static let send = Ways(rawValue: 1)
        public static let receive = Ways(rawValue: 2)
        public static let both: Ways = [.send, .receive]

        /// The same, seen from the other side.
        public var reversed: Ways {
            var ways: Ways = []
            if contains(.send) { ways.insert(.receive) }
            if contains(.receive) { ways.insert(.send) }
            return ways
        }
    }

    public var files: Ways
    public var clipboard: Ways
    /// Nil: no connection is lent, or used, at all. Sharer: those that may be asked for. Helper: empty.
    public var tcp: [Destination]?

    /// As many as are told to the other side.
    public static let maximumDestinations = 24

    /// Nothing, unless it is said.
    public init(files: Ways = [], clipboard: Ways = [], tcp: [Destination]? = nil) {
        self.files = files
        self.clipboard = clipboard
        self.tcp = tcp
    }

    /// Whether the side with these rules may ask for it.
    func mayAsk(for subject: SideRequest.Subject) -> Bool {
        switch subject {
        case .file: files.contains(.send)
        case .clipboard(let ways): !ways.isEmpty && clipboard.isSuperset(of: ways)
        case .tcp: tcp != nil
        }
    }

    /// Whether the side with these rules may be asked for it.
    func mayBeAsked(for subject: SideRequest.Subject) -> Bool {
        switch subject {
        case .file: files.contains(.receive)
        case .clipboard(let ways): !ways.isEmpty && clipboard.isSuperset(of: ways.reversed)
        case .tcp(let destination): tcp?.contains(destination) == true
        }
    }

    /// Whether there is anything of a kind; a program without it says so, and not that a rule forbids it.
    func knows(_ kind: Capability) -> Bool {
        switch kind {
        case .view, .control: true
        case .file: !files.isEmpty
        case .clipboard: !clipboard.isEmpty
        case .tcp: tcp != nil
        }
    }
}
