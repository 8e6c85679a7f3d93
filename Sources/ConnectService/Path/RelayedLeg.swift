import ICE
import NIOCore
import NetPrimitives
import Rendezvous
import TURN

/// The way to one TURN server, and the allocation at its end. Confined to its peer connection.
final class RelayedLeg {
    let server: RelayServer
    var client: AllocationClient
    /// Whether it was made before this host's network changed.
    var isOld = false
    /// The node of the fleet, where it was made as a spare.
    var spareNode: RelayURL?
    private let socket: Socket

    /// Begins to allocate through a socket that is open.
    init(server: RelayServer, socket: Socket, credentials: TURNCredentials, at now: Instant) {
        self.server = server
        self.socket = socket
        client = AllocationClient(
            server: socket.remote, transport: server.transport == .udp ? .udp : .tcp, username: credentials.username,
            password: String(decoding: credentials.password.exposed, as: UTF8.self), mayHideUsername: false, at: now)
    }

    /// The relayed address, once there is one.
    var relayed: TransportAddress? { client.relayed }

    /// Over TCP every loss is suffered twice, TLS costs more, and a proxy is a detour: half of the preference each.
    /// A spare is wanted less than the last of those.
    var localPreference: UInt16 {
        Candidate.highestLocalPreference >> UInt16(server.rank + (spareNode == nil ? 0 : RelayServer.worstRank + 1))
    }

    /// Sends what the client has for the server.
    ///
    /// - Returns: whether there was anything.
    @discardableResult
    func flush() -> Bool {
        var hasMoved = false
        while let bytes = client.nextTransmit() {
            hasMoved = true
            switch socket {
            case .datagram(let socket, let remote): socket.send(bytes, to: remote)
            case .stream(let socket): socket.send(bytes, mayBeDropped: ChannelData.looksLike(bytes))
            }
        }
        return hasMoved
    }

    /// Gives up, or gives the allocation back.
    ///
    /// - Returns: whether the server knows already, or will by the end of the connection; if not, bytes have to go on until
    ///   the client is finished.
    func leave(at now: Instant) -> Bool {
        client.close(at: now)
        flush()
        switch socket {
        case .datagram: return client.isFinished
        case .stream: return true
        }
    }

    func close() {
        switch socket {
        case .datagram(let socket, _): socket.close()
        case .stream(let socket): socket.close()
        }
    }
}

extension RelayedLeg {
    /// What a leg's bytes go through.
    enum Socket {
        case datagram(DatagramSocket, remote: TransportAddress)
        case stream(StreamSocket)

        /// Opens what the server wants. `receive` is called on `loop`; a socket for datagrams is never closed from outside.
        ///
        /// - Parameter trust: judges the certificate where there is TLS. The relay has been met at its rendezvous before.
        static func open(
            to server: RelayServer, trust: RelayTrust, loop: any EventLoop,
            receive: @escaping @Sendable (StreamSocket.Event) -> Void
        ) async throws -> Socket {
            switch server.transport {
            case .udp:
                guard let remote = server.address else { throw ChannelError.unknownLocalAddress }
                let any: IPAddress = remote.family == .ipv4 ? .anyV4 : .anyV6
                let socket = try await DatagramSocket.open(on: any, loop: loop) { bytes, source, _ in
                    if source == remote { receive(.bytes(bytes)) }
                }
                return .datagram(socket, remote: remote)
            case .tcp, .tls:
                let isSecure = server.transport == .tls
                return .stream(
                    try await StreamSocket.connect(
                        to: RelayEndpoint(isSecure: isSecure, host: server.host, port: server.port), at: server.ip,
                        by: server.route, meeting: isSecure ? TLSMeeting(trust, mayBeFirst: false) : nil, loop: loop,
                        receive: receive))
            }
        }

        var remote: TransportAddress {
            switch self {
            case .datagram(_, let remote): remote
            case .stream(let socket): socket.remote
            }
        }
    }
}
