/// What the person at this side, or the program for them, wants done.
public enum SessionCommand: Hashable, Sendable {
    // The sharer's.
    case pause
    case resume
    /// Takes a capability back at once. A request for it that is open is answered no.
    case revoke(Capability)

    // The helper's.
    case request(Capability, detail: String = "")
    /// Gives a capability back, or takes back the request for it. What the sharer wants to send is refused.
    case release(Capability)
    case input(InputEvent)
    case requestKeyFrame
    case acknowledge(frame: UInt32)

    // Either's.
    /// Grants the request with this number; nil: the oldest open one. A helper is asked for files alone.
    case yes(UInt32?)
    case no(UInt32?)
    /// A file, or a connection; for the clipboard `request` finds out which way it may be shared.
    case ask(SideRequest.Subject)
    case say(String)
    case stop
}
