/// What `ra-connect` tells the shell.
public enum ExitCode: Int32, Hashable, Sendable, CaseIterable {
    case finished = 0
    /// There was no path, or what carried the session went away.
    case lost = 1
    case usage = 2
    case relayUnreachable = 3
    /// The person said no, or did not answer; both sides exit with it.
    case refused = 4
    case policy = 5
    /// The invitation is wrong, used, revoked or expired.
    case invitation = 6

    public init(_ reason: EndReason) {
        switch reason {
        case .finished: self = .finished
        case .declined, .timeout: self = .refused
        case .policy: self = .policy
        case .invitationExpired, .invitationUsed, .invitationRevoked, .wrongCode: self = .invitation
        case .noPath, .peerLost, .displayLost, .error: self = .lost
        case .relayLost: self = .relayUnreachable
        }
    }
}
