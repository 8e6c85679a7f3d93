import NetPrimitives
import Relay

/// What other threads tell a worker.
enum WorkerMessage: Sendable {
    case attach(AttachedClient)
    /// What one reading of a client's stream brought, whole and in order.
    case messages([[UInt8]], from: AttachedClient)
    case detach(AttachedClient)
    /// A datagram from a relayed address of this process, another worker's perhaps.
    case relayed([UInt8], from: TransportAddress, to: TransportAddress)
    /// A datagram to a client that the machine knows nothing of.
    case send([UInt8], to: FiveTuple)
    case stream(PeerStreamEvent)
    case mobility(MobilityMessage)
    case reconfigure(RelayConfiguration)
    /// Answered from the worker's thread.
    case report(@Sendable (WorkerReport?) -> Void)
    case stop

    /// How much of a turn it takes.
    var weight: Int {
        if case .messages(let messages, _) = self { return messages.count }
        return 1
    }
}
