/// What the notice on a shared screen says.
public struct NoticeContent: Hashable, Sendable {
    /// Who is there: one line, without anything that steers how a line is written.
    public var name: String
    /// Whether they can use mouse and keyboard.
    public var hasControl: Bool
    /// Whether they see nothing new.
    public var isPaused: Bool

    public init(name: String, hasControl: Bool, isPaused: Bool) {
        self.name = name
        self.hasControl = hasControl
        self.isPaused = isPaused
    }

    /// What stands first, in bold letters, and may be cut short: the rest must be read whatever a name is.
    var lead: String { isPaused ? "Paused:" : Self.isolated(name) }

    var rest: String {
        switch (isPaused, hasControl) {
        case (true, _): "nothing of your screen is shown"
        case (false, true): "sees your screen and can use mouse and keyboard"
        case (false, false): "sees your screen"
        }
    }

    var actions: [NoticeAction] { (hasControl ? [.takeControlBack] : []) + [isPaused ? .resume : .pause, .stop] }

    /// What window lists, screen readers and scripts read.
    var title: String { isPaused ? "Paused: \(name) sees nothing new" : "\(name) \(rest)" }

    /// A name that is written from right to left must not turn what stands beside it (UAX #9 §2.4).
    private static func isolated(_ name: String) -> String { "\u{2068}\(name)\u{2069}" }
}

/// What the notice's buttons do.
public enum NoticeAction: Hashable, Sendable, CaseIterable {
    case takeControlBack
    case pause
    case resume
    case stop

    var label: String {
        switch self {
        case .takeControlBack: "Take control back (Esc)"
        case .pause: "Pause"
        case .resume: "Resume"
        case .stop: "Stop"
        }
    }
}
