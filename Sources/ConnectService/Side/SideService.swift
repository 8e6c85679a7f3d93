import Session

/// Does the work of one capability beyond view and control, at either side: moves files, shares the clipboard, lends
/// connections. Its driver offers it to the other side, and calls it on the session's event loop.
protocol SideService: AnyObject {
    var kind: Capability { get }
    func handle(_ event: SideServiceEvent)
}

/// What a service hears. What belongs to a request comes between its `granted` and its end.
enum SideServiceEvent {
    /// What the other side's rules leave; at most once.
    case peerRules(SideRules)
    case granted(SideRequest)
    /// A request of ours, or one that our person was asked.
    case denied(SideRequest, by: Decider)
    /// It ends at once: its channels are closed behind this.
    case revoked(SideRequest, by: Decider)
    /// The peer has opened a channel for what it was granted.
    case opened(SideChannel, SideRequest)
    case message(SideChannel, [UInt8])
    /// More can be sent on a channel that was full.
    case hasRoom(SideChannel)
    /// By the peer; or the rest of what was closed here.
    case closed(SideChannel)
    /// Nothing comes after it: everything is given back.
    case sessionEnded
}
