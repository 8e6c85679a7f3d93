import Relay

/// What a worker's epoll says is ready, in the 64 bits that it carries.
enum EpollTag: Hashable {
    case mailbox
    /// An index of the worker's listeners.
    case listener(Int)
    case relayed(RelayedPort)

    var rawValue: UInt64 {
        switch self {
        case .mailbox: 0
        case .listener(let index): 1 << 32 | UInt64(UInt32(truncatingIfNeeded: index))
        case .relayed(let port): 2 << 32 | UInt64(UInt32(truncatingIfNeeded: port.rawValue))
        }
    }

    init?(rawValue: UInt64) {
        let index = Int(UInt32(truncatingIfNeeded: rawValue))
        switch rawValue >> 32 {
        case 0: self = .mailbox
        case 1: self = .listener(index)
        case 2: self = .relayed(RelayedPort(rawValue: index))
        default: return nil
        }
    }
}
