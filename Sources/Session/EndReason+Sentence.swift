extension EndReason {
    /// What happened and what to do, for a person.
    public func sentence(for role: Role, peer: String) -> String {
        let peer = peer.printable
        switch self {
        case .finished: return "The session is over."
        case .declined:
            return role == .sharer ? "The answer was no, so the session is over." : "\(peer) said no, so the session is over."
        case .timeout:
            return role == .sharer
                ? "There was no answer in time, so the session is over."
                : "\(peer) did not answer in time, so the session is over."
        case .policy: return "The rules do not allow this session."
        case .invitationExpired:
            return role == .sharer
                ? "The invitation has expired. Make a new one."
                : "The invitation has expired. Ask for a new one."
        case .invitationUsed: return "The invitation has been used already. A new one is needed."
        case .invitationRevoked: return "The invitation was taken back."
        case .wrongCode: return "The code is not right, or no longer good: it works once, and only while the other person's program shows it. "
                + "Check it, or ask for a new one."
        case .noPath:
            return "No way was found between the two computers. Run ra-probe on each to see what is in the way."
        case .peerLost: return "The connection to \(peer) is lost. To go on, share again and use the new code."
        case .relayLost: return "The relay cannot be reached."
        case .displayLost: return "The screen cannot be shared."
        case .error: return "Something went wrong, so the session is over."
        }
    }
}
