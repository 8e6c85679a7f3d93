internal import NetPrimitives

/// Where a session stands; the same cases on both sides.
enum SessionState: Hashable, Sendable {
    /// The two are connected, and nothing has been asked or granted.
    case connected
    case askingToView(OpenRequest)
    case viewing(Control, paused: Bool)
    case ended(EndReason)

    enum Control: Hashable, Sendable {
        case none
        case asking(OpenRequest)
        /// With what the helper holds down; empty on the helper's own side.
        case granted(HeldInput)
    }

    /// A request without its answer.
    struct OpenRequest: Hashable, Sendable {
        /// What the person at this side calls it.
        var id: UInt32
        /// What the asker calls it on the wire.
        var wireID: UInt32
        /// At the sharer: when silence becomes a no. The helper waits for the sharer to say so.
        var deadline: Instant?
    }

    /// The one request that is open; control can only be asked when view is settled, so there is never a second.
    var openRequest: (OpenRequest, Capability)? {
        switch self {
        case .askingToView(let request): (request, .view)
        case .viewing(.asking(let request), _): (request, .control)
        case .connected, .viewing(.none, _), .viewing(.granted, _), .ended: nil
        }
    }
}
