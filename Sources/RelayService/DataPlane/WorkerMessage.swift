import NetPrimitives
import Relay

/// What other threads tell a worker.
enum WorkerMessage: Sendable {
    case attach(AttachedClient)
    case message([UInt8], from: AttachedClient)
    case detach(AttachedClient)
    /// A datagram from a relayed address of this process, another worker's perhaps.
    case relayed([UInt8], from: TransportAddress, to: TransportAddress)
    case stream(PeerStreamEvent)
    case reconfigure(RelayConfiguration)
    /// Answered from the worker's thread.
    case report(@Sendable (WorkerReport?) -> Void)
    case stop
}
