/// What the notice on a shared screen says.
public struct NoticeContent: Hashable, Sendable {
    /// Who is there: one line, without anything that steers how a line is written.
    public var name: String
    /// Whether they can use mouse and keyboard.
    public var hasControl: Bool
    /// Whether they see nothing new.
    public var isPaused: Bool
    /// Whether what is copied goes over.
    public var sharesClipboard: Bool
    /// The places that they reach through this computer.
    public var places: [String]

    public init(name: String, hasControl: Bool, isPaused: Bool, sharesClipboard: Bool = false, places: [String] = []) {
        self.name = name
        self.hasControl = hasControl
        self.isPaused = isPaused
        self.sharesClipboard = sharesClipboard
        self.places = places
    }

    /// What stands first, in bold letters, and may be cut short: the rest must be read whatever a name is.
    var lead: String { isPaused ? "Paused:" : Self.isolated(name) }

    var rest: String {
        // A pause holds the clipboard as well; connections go on.
        guard !isPaused else { return "nothing of your screen is shown" + (reached.map { ", \($0) is still reached" } ?? "") }
        let deeds = ["sees your screen"] + (hasControl ? ["can use mouse and keyboard"] : [])
            + (sharesClipboard ? ["shares the clipboard"] : []) + (reached.map { ["reaches \($0)"] } ?? [])
        return deeds.count == 1 ? deeds[0] : deeds.dropLast().joined(separator: ", ") + " and " + deeds[deeds.count - 1]
    }

    /// The first place by its name, the others by their number: a line has an end.
    private var reached: String? {
        guard let place = places.first else { return nil }
        return places.count == 1 ? place : "\(place) and \(places.count - 1) more"
    }

    var actions: [NoticeAction] { (hasControl ? [.takeControlBack] : []) + [isPaused ? .resume : .pause, .stop] }

    /// What window lists, screen readers and scripts read.
    var title: String { isPaused ? "Paused: \(name) sees nothing new" + (reached.map { ", \($0) is still reached" } ?? "") : "\(name) \(rest)" }

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
