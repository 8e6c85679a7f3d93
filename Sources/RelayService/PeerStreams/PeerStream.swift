import NIOCore
import NetPrimitives
import Relay
import Synchronization
import TURN

/// A TCP connection with a peer of a TCP allocation. Call from any thread.
///
/// Nothing is read from it until it is joined: what the peer sends waits in the kernel, whose window tells the peer
/// (RFC 6062 §5.2).
public final class PeerStream: Sendable {
    let channel: any Channel
    private let client = Mutex<(any Channel)?>(nil)
    private let limits = Mutex<StreamTraffic?>(nil)

    /// - Parameter channel: with a `StreamJoint` in its pipeline.
    init(_ channel: any Channel) { self.channel = channel }

    /// Closes both ends, whatever is under way between them.
    func close() { channel.close(promise: nil) }

    /// Of both ends.
    var closeFutures: [EventLoopFuture<Void>] {
        client.withLock { [channel.closeFuture] + ($0.map { [$0.closeFuture] } ?? []) }
    }

    /// Limits what it carries, both ways; set before it is joined, or it is not.
    var traffic: StreamTraffic? {
        get { limits.withLock { $0 } }
        set { limits.withLock { $0 = newValue } }
    }

    /// Gives what arrives here to the client's channel from now on.
    func join(_ client: any Channel, traffic: StreamTraffic) {
        self.client.withLock { $0 = client }
        channel.eventLoop.execute { [self] in
            if let joint = try? channel.pipeline.syncOperations.handler(type: StreamJoint.self) {
                joint.join(client, traffic: traffic)
            } else {
                client.close(promise: nil)  // it was closed, and its handlers are gone
            }
        }
    }
}

/// What peers' connections tell a worker.
enum PeerStreamEvent: Sendable {
    /// A peer has connected to a relayed port.
    case arrived(PeerStream, from: TransportAddress, PeerListener, RelayedPort)
    case connected(ConnectionID)
    case failed(ConnectionID)
    case closed(ConnectionID)
}
