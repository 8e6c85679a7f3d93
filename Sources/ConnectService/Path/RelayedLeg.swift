import NetPrimitives
import Rendezvous
import TURN

/// The way to one TURN server, and the allocation at its end. Confined to its peer connection.
final class RelayedLeg {
    enum Socket {
        case udp(DatagramSocket)
        case tcp(StreamSocket)
    }

    let server: RelayServer
    var client: AllocationClient
    private let socket: Socket

    /// Begins to allocate through a socket that is open.
    init(server: RelayServer, socket: Socket, credentials: TURNCredentials, at now: Instant) {
        self.server = server
        self.socket = socket
        client = AllocationClient(
            server: server.address, transport: server.transport, username: credentials.username,
            password: String(decoding: credentials.password.exposed, as: UTF8.self), mayHideUsername: false, at: now)
    }

    /// The relayed address, once there is one.
    var relayed: TransportAddress? { client.relayed }

    /// Sends what the client has for the server.
    ///
    /// - Returns: whether there was anything.
    @discardableResult
    func flush() -> Bool {
        var hasMoved = false
        while let bytes = client.nextTransmit() {
            hasMoved = true
            switch socket {
            case .udp(let socket): socket.send(bytes, to: server.address)
            case .tcp(let socket): socket.send(bytes, mayBeDropped: ChannelData.looksLike(bytes))
            }
        }
        return hasMoved
    }

    func close() {
        switch socket {
        case .udp(let socket): socket.close()
        case .tcp(let socket): socket.close()
        }
    }
}
