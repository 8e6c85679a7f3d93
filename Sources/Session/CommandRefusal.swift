/// Why a command was not done. Nothing has changed.
public enum CommandRefusal: Error, Hashable, Sendable {
    case hasEnded
    /// A helper's command at the sharer, or the other way round.
    case belongsToOtherSide
    /// A yes or no, and no such request is open.
    case nothingAsked
    /// What was asked a moment ago is not asked any more, and something else is.
    case questionChanged
    /// The helper's keys and clicks have gone to the screen a moment ago.
    case helperWasTyping
    case alreadyAsked
    case alreadyGranted
    /// What the command builds on was not granted.
    case notGranted(Capability)
    case isPaused
    case isNotPaused
    /// After a no; the duration is what is left to wait.
    case tooSoon(Duration)
    case tooOften
    /// Not in this version.
    case notAvailable(Capability)
    /// The rules of this side forbid it.
    case notAllowed(Capability)
    /// The rules of the other side, or what its program can do.
    case notAllowedThere(Capability)
    /// Of one kind, all at once.
    case tooMany(Capability)
    case emptyText
    case textTooLong(maximumBytes: Int)
    /// The text holds characters no key stands for.
    case notTypeable
    /// What was said before has not gone out yet.
    case busy
}

extension CommandRefusal: CustomStringConvertible {
    /// A sentence for the person who gave the command.
    public var description: String {
        switch self {
        case .hasEnded: "The session has ended."
        case .belongsToOtherSide: "Only the other side can do that."
        case .nothingAsked: "There is no such open request."
        case .questionChanged: "What you are asked has just changed: look again, and write yes and its number."
        case .helperWasTyping: "Your helper was typing or clicking a moment ago: write it once more."
        case .alreadyAsked: "That has been asked already; the answer is still open."
        case .alreadyGranted: "That has been granted already."
        case .notGranted(.control): "Control has not been granted; ask for it first."
        case .notGranted(.view): "The screen is not being shared."
        case .notGranted(.file): "No file is being sent."
        case .notGranted(.clipboard): "The clipboard is not shared."
        case .notGranted(.tcp): "No connection is lent."
        case .isPaused: "The session is paused."
        case .isNotPaused: "The session is not paused."
        case .tooSoon(let left): "The answer was no; ask again in \(max(1, left.secondsRoundedUp)) s."
        case .tooOften: "That has been asked too often in this session."
        case .notAvailable(let kind): "This version cannot do that yet (\(kind.rawValue))."
        case .notAllowed(let kind): "The policy of this computer does not allow that (\(kind.rawValue))."
        case .notAllowedThere(let kind): "The other side does not allow that, or its program cannot do it (\(kind.rawValue))."
        case .tooMany(let kind): "There is too much of that already (\(kind.rawValue)); wait until something has ended."
        case .emptyText: "There is no text."
        case .textTooLong(let bytes): "The text is longer than \(bytes) bytes."
        case .notTypeable: "The text holds characters that cannot be typed."
        case .busy: "The connection is still busy with what came before."
        }
    }
}

extension Duration {
    fileprivate var secondsRoundedUp: Int64 {
        components.seconds + (components.attoseconds > 0 ? 1 : 0)
    }
}
