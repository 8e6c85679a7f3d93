package import NetPrimitives

/// What became of the way out to one port of the relay.
package enum Outbound: Hashable, Sendable {
    /// The relay answered with our transaction id, and saw us at `reflexive`.
    case open(roundTrip: Duration, reflexive: TransportAddress?)
    /// A reset, an ICMP error, or somebody else's answer.
    case blocked(why: String)
    /// Nothing came back in time.
    case unanswered(why: String)
    /// It did not answer, and the relay says that it does not listen there.
    case notServed(why: String)

    /// As the JSON report has it.
    package var name: String {
        switch self {
        case .open: "open"
        case .blocked: "blocked"
        case .unanswered: "unanswered"
        case .notServed: "not-served"
        }
    }

    package var isOpen: Bool {
        switch self {
        case .open: true
        case .blocked, .unanswered, .notServed: false
        }
    }

    package var roundTrip: Duration? {
        switch self {
        case .open(let roundTrip, _): roundTrip
        case .blocked, .unanswered, .notServed: nil
        }
    }

    package var reflexive: TransportAddress? {
        switch self {
        case .open(_, let reflexive): reflexive
        case .blocked, .unanswered, .notServed: nil
        }
    }

    /// A sentence for what failed.
    package var why: String? {
        switch self {
        case .open: nil
        case .blocked(let why), .unanswered(let why), .notServed(let why): why
        }
    }

    /// Of the answers over several addresses of the relay: one that is open, else that of the first address.
    package static func best(of outcomes: [Outbound]) -> Outbound? {
        outcomes.first(where: \.isOpen) ?? outcomes.first
    }
}
