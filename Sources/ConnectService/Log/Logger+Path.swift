import Logging
import Rendezvous
import Session

extension Logger {
    /// Writes down what becomes of the path; what is said on it is nobody's business.
    func note(_ event: PeerConnection.Event) {
        switch event {
        case .signal(let payload): note(payload, of: "our")
        case .connected(let path): info("connected", metadata: Self.fields(path))
        case .pathChanged(let path, let reason):
            info("another path", metadata: Self.fields(path).merging(["why": "\(reason)"]) { $1 })
        case .pathLost: notice("the path is lost")
        case .networkChanged: info("this computer has other addresses")
        case .routesChanged: debug("something of the network has changed")
        case .failed(let failure): notice("no connection", metadata: ["why": "\(failure)"])
        case .closed: info("closed by the other side")
        case .peerSuspended: info("the other computer is about to sleep")
        case .ready, .peerToldOf, .unanswered, .message, .side: break
        }
    }

    /// Writes down a candidate or that a side begins anew; credentials stay out of it.
    func note(_ payload: PeerPayload, of whose: String) {
        switch payload {
        case .candidate(let line, let isMapped, let generation):
            debug("\(whose) candidate", metadata: ["line": "\(line)", "mapped": "\(isMapped)", "generation": "\(generation)"])
        case .endOfCandidates(let generation):
            debug("no more candidates", metadata: ["of": "\(whose) side", "generation": "\(generation)"])
        case .restart(let generation, _, _):
            debug("ICE begins anew", metadata: ["of": "\(whose) side", "generation": "\(generation)"])
        case .description: debug("described", metadata: ["by": "\(whose) side"])
        case .again, .suspended, .awake, .card, .bye: break
        }
    }

    private static func fields(_ path: PathDescription) -> Metadata {
        ["kind": "\(path.kind)", "transport": "\(path.transport)", "local": "\(path.local)", "remote": "\(path.remote)"]
    }
}
