/// What a machine tells its driver. The driver drains these after every call.
public enum SessionEvent: Hashable, Sendable {
    /// Sharer: the person is asked. `id` is what they answer; `detail` is the other side's text, and may be empty.
    case request(id: UInt32, Capability, from: String, detail: String)
    case granted(Capability, by: Decider)
    case denied(Capability, by: Decider)
    case revoked(Capability, by: Decider)
    /// The person is asked for something beyond view and control; `id` is what they answer.
    case sideRequest(SideRequest, from: String)
    case sideGranted(SideRequest, by: Decider)
    case sideDenied(SideRequest, by: Decider)
    /// What was granted has ended: nothing of it may move any more.
    case sideRevoked(SideRequest, by: Decider)
    /// What the other side's rules leave; once, and never without any.
    case peerRules(SideRules)
    case chat(from: String, text: String)
    case paused
    case resumed
    /// The last event of every session. Flush the messages that wait, then close.
    case ended(EndReason, detail: String)

    // Sharer only.
    /// From now on, and with a key frame first, the screen may be sent.
    case startSharing
    /// From now on nothing of the screen may be sent, what was captured before included.
    case stopSharing
    /// The helper moves or types; comes only while control is granted and the session is not paused.
    case input(InputEvent)
    /// Control ended with these keys and buttons down: let them go.
    case letGo([InputEvent])
    case keyFrameRequested
    case frameAcknowledged(UInt32)
}
