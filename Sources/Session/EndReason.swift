/// Why a session ended: the closed list of the `ended` event.
public enum EndReason: String, Hashable, Sendable, CaseIterable {
    case finished, declined, timeout, policy
    case invitationExpired = "invitation-expired"
    case invitationUsed = "invitation-used"
    case invitationRevoked = "invitation-revoked"
    case wrongCode = "wrong-code"
    case noPath = "no-path"
    case peerLost = "peer-lost"
    case relayLost = "relay-lost"
    case displayLost = "display-lost"
    case error
}

extension EndReason {
    var wireCode: UInt8 {
        switch self {
        case .finished: 1
        case .declined: 2
        case .timeout: 3
        case .policy: 4
        case .invitationExpired: 5
        case .invitationUsed: 6
        case .invitationRevoked: 7
        case .wrongCode: 8
        case .noPath: 9
        case .peerLost: 10
        case .relayLost: 11
        case .displayLost: 12
        case .error: 13
        }
    }

    /// A reason of a later version reads as `error`.
    init(wireCode: UInt8) { self = Self.allCases.first { $0.wireCode == wireCode } ?? .error }
}
