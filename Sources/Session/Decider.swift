/// Who granted, denied or revoked.
public enum Decider: String, Hashable, Sendable, CaseIterable {
    case sharer, helper
    /// The invitation's ceiling, the limits of this program, or an administrator.
    case policy
    /// Nobody answered in time, and that is a no.
    case timeout
}

extension Decider {
    var wireCode: UInt8 {
        switch self {
        case .sharer: 1
        case .helper: 2
        case .policy: 3
        case .timeout: 4
        }
    }

    /// A decider of a later version reads as `policy`: somebody who is neither of the two people decided.
    init(wireCode: UInt8) { self = Self.allCases.first { $0.wireCode == wireCode } ?? .policy }
}
