import NetPrimitives

/// One helper's meeting with one sharer, as the relay knows it.
struct Meeting: Sendable {
    enum Stage: Sendable, Equatable {
        /// Both may say what a handshake needs, and no more.
        case handshake(since: Instant, fromHelper: Int, fromSharer: Int)
        case confirmed
    }

    /// One side's place in it.
    struct Seat: Sendable {
        /// Nil while its side is away.
        var connection: ConnectionID?
        /// The public half of the key of whoever may come back to it; nil where nobody can.
        var key: [UInt8]?
        /// The number of the last proof that was taken.
        var number: UInt32 = 0
        /// Where the side was that is away: its absence counts there.
        var awayFrom: IPAddress?
    }

    let lookup: Lookup
    /// The invitation's, for TURN credentials.
    let label: String
    var sharer: Seat
    var helper: Seat
    var stage: Stage
    /// Since when both are away.
    var deserted: Instant?

    var isHalf: Bool { sharer.awayFrom != nil || helper.awayFrom != nil }

    func side(of id: ConnectionID) -> SealedChannel.Side? {
        sharer.connection == id ? .sharer : helper.connection == id ? .helper : nil
    }

    subscript(side: SealedChannel.Side) -> Seat {
        get {
            switch side {
            case .helper: helper
            case .sharer: sharer
            }
        }
        set {
            switch side {
            case .helper: helper = newValue
            case .sharer: sharer = newValue
            }
        }
    }
}

extension SealedChannel.Side {
    var other: Self {
        switch self {
        case .helper: .sharer
        case .sharer: .helper
        }
    }
}
