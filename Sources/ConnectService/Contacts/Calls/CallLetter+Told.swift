import Rendezvous
import Session

// Calls as they are told to a person.
extension CallLetter {
    /// What the caller has typed.
    var message: String? {
        switch self {
        case .ring(let ring): ring.message
        case .offer(let offer): offer.message
        case .request(let request): request.message
        }
    }
}

extension CallKind {
    var told: ContactEvent.CallKind {
        switch self {
        case .ring: .ring
        case .offer: .offer
        case .request: .request
        }
    }
}
