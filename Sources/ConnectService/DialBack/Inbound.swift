import NetPrimitives

/// Whether a port of this network is reached from outside.
package enum Inbound: Hashable, Sendable {
    /// The relay's call came, with our nonce.
    case open
    case refused(why: String)
    case filtered(why: String)
    case untested(why: String)

    /// - Parameters:
    ///   - hasCome: whether the call came.
    ///   - seenAt: where the relay was to see us; nil: anywhere.
    init(_ answer: DialBack.Answer, hasCome: Bool, port: UInt16, seenAt: IPAddress?) {
        if hasCome {
            self = .open
            return
        }
        if let seenAt, let address = answer.address, address != seenAt {
            self = .untested(why: "The relay sees this computer at \(address), not at \(seenAt).")
            return
        }
        let place = answer.address.map { "\(TransportAddress(ip: $0, port: port))" } ?? "port \(port)"
        switch answer.outcome {
        case .open: self = .filtered(why: "Somebody else answers at \(place).")
        case .refused: self = .refused(why: "\(place) refuses the relay.")
        case .filtered, .sent: self = .filtered(why: "Nothing gets in at \(place).")
        case .untested(let why): self = .untested(why: why)
        }
    }

    /// As the JSON report has it.
    package var name: String {
        switch self {
        case .open: "open"
        case .refused: "refused"
        case .filtered: "filtered"
        case .untested: "untested"
        }
    }

    /// A sentence, unless it is open.
    package var why: String? {
        switch self {
        case .open: nil
        case .refused(let why), .filtered(let why), .untested(let why): why
        }
    }
}
