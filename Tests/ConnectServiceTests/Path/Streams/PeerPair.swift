@testable import ConnectService
import DTLS
import NIOCore
import NIOPosix
import NetPrimitives
import Rendezvous
import Session
import Synchronization

/// A sharer's and a helper's peer connection on loopback, and the rendezvous between them, which loses all candidates of UDP.
final class PeerPair: Sendable {
    /// Not the one of other tests, whose patience would suffer from the work of two whole sessions.
    static let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()

    let sharer: PeerConnection
    let helper: PeerConnection
    /// What the two tell, in order.
    let events: AsyncStream<(side: Session.Role, event: PeerConnection.Event)>
    let port: UInt16
    /// What each has signalled, as lines.
    private let lines: Lines

    private final class Lines: Sendable {
        let told = Mutex<[String]>([])
        let peers = Mutex<[Session.Role: PeerConnection]>([:])

        func carry(_ payload: PeerPayload, to side: Session.Role) {
            if case .candidate(let line, _, _) = payload {
                told.withLock { $0.append(line) }
                guard line.contains(" tcp ") else { return }
            }
            guard let peer = peers.withLock({ $0[side] }) else { return }
            peer.loop.execute { peer.assumeIsolated { $0.receive(payload) } }
        }
    }

    init(hasDoor: Bool = true) async throws {
        let (events, continuation) = AsyncStream.makeStream(of: (side: Session.Role, event: PeerConnection.Event).self)
        self.events = events
        let lines = Lines()
        self.lines = lines
        let identities: [Session.Role: Identity] = [.sharer: try Identity(), .helper: try Identity()]
        func make(_ side: Session.Role, _ other: Session.Role) throws -> PeerConnection {
            PeerConnection(role: side, identity: identities[side]!, loop: PeerPair.loop) { event in
                if case .signal(let payload) = event { lines.carry(payload, to: other) }
                continuation.yield((side, event))
            }
        }
        let (sharer, helper) = (try make(.sharer, .helper), try make(.helper, .sharer))
        (self.sharer, self.helper) = (sharer, helper)
        lines.peers.withLock { $0 = [.sharer: sharer, .helper: helper] }
        // Who has no port on loopback believes no candidate there.
        for peer in [sharer, helper] { await peer.openPorts(on: [LocalAddress(.loopbackV4)]) }
        // Nor does UDP get through when the two tell each other of it on the path.
        try await PeerPair.loop.submit {
            for peer in [sharer, helper] { peer.assumeIsolated { for socket in $0.sockets.values { socket.close() } } }
        }.get()
        port = hasDoor ? try await sharer.openDoor(at: .named(0), on: [.loopbackV4]) : 0
        for peer in [sharer, helper] { _ = await peer.gatherRelayed(at: nil, username: "", password: "") }
        await sharer.setRemote(credentials: helper.localCredentials, fingerprint: identities[.helper]!.fingerprint)
        await helper.setRemote(credentials: sharer.localCredentials, fingerprint: identities[.sharer]!.fingerprint)
    }

    var signalled: [String] { lines.told.withLock { $0 } }

    /// Waits until both are ready; the paths that they were told of.
    func connect() async -> [Session.Role: PathDescription] {
        var paths: [Session.Role: PathDescription] = [:]
        var ready: Set<Session.Role> = []
        for await (side, event) in events {
            switch event {
            case .connected(let path): paths[side] = path
            case .ready: ready.insert(side)
            case .failed: return [:]
            default: break
            }
            if ready.count == 2 { break }
        }
        return paths
    }

    /// Says something on a channel, and waits until it is heard.
    func exchange(_ bytes: [UInt8], on channel: PeerConnection.Channel, from side: Session.Role) async -> Bool {
        let (from, to) = side == .sharer ? (sharer, Session.Role.helper) : (helper, Session.Role.sharer)
        guard await from.send(bytes, on: channel) else { return false }
        for await (listener, event) in events {
            if case .message(channel, let heard) = event, listener == to { return heard == bytes }
            if case .failed = event { return false }
        }
        return false
    }

    func close() async {
        await helper.close(peerIsLost: false)
        await sharer.close(peerIsLost: true)
    }
}
