import NetPrimitives
import STUN

/// A request of an allocation's client on its way, and what it is for.
struct ClientRequest: Sendable {
    enum Purpose: Hashable, Sendable {
        case allocate
        case refresh
        /// Refresh with a lifetime of 0.
        case release
        case permission(IPAddress)
        case channel(TransportAddress)

        var method: Method {
            switch self {
            case .allocate: .allocate
            case .refresh, .release: .refresh
            case .permission: .createPermission
            case .channel: .channelBind
            }
        }
    }

    let purpose: Purpose
    var transaction: ClientTransaction
    /// The realm whose credentials protect it; nil when it went out bare.
    let realm: String?
    /// How many challenges this purpose has had in a row.
    let challenges: Int
}
