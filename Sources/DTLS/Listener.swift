import COpenSSL
public import NetPrimitives

/// The door of a server's DTLS: asks every client to return a cookie, and keeps nothing for one that has not
/// (RFC 6347 section 4.2.1).
///
/// It wraps C state and is confined to its driver, like an `Endpoint`.
public final class Listener {
    /// What became of a datagram.
    public enum Outcome {
        /// Send this back: the client is asked for a cookie.
        case answer([UInt8])
        /// The client receives what is sent to its address: this is its session. Its first flight, which costs a signature,
        /// is made by `start(at:)`.
        case session(Endpoint)
        /// It is none of a client that begins; nothing is to be done.
        case nothing
    }

    /// RFC 6347 section 4.2.4.1: who knows nothing of the path waits for 1 s.
    public static let firstRetransmission = Duration.seconds(1)
    /// What carries the handshake passes every path that QUIC does (RFC 9000 section 14).
    private static let mtu = 1200

    private let context: ServerContext
    private let firstRetransmission: Duration
    private let jar: CookieJar
    /// What the next session is made of, used over and over until somebody returns a cookie.
    private var waiting: (ssl: OpaquePointer, port: DatagramPort)?
    private let nobody = BIO_ADDR_new()

    /// - Parameters:
    ///   - firstRetransmission: how long a flight of the handshake waits for its answer.
    ///   - random: makes the secret of the cookies: the system's generator.
    public init(
        _ context: ServerContext, firstRetransmission: Duration = Listener.firstRetransmission,
        using random: inout some RandomNumberGenerator
    ) {
        self.context = context
        self.firstRetransmission = firstRetransmission
        jar = CookieJar(secret: (0..<32).map { _ in .random(in: .min ... .max, using: &random) })
    }

    deinit {
        if let waiting { SSL_free(waiting.ssl) }
        BIO_ADDR_free(nobody)
    }

    /// A datagram of somebody without a session: any bytes at all.
    public func receive(_ datagram: [UInt8], from client: FiveTuple, at now: Instant) -> Outcome {
        guard ClientHello(datagram) != nil, let (ssl, port) = prepare() else { return .nothing }
        port.cookies = jar.cookies(for: client, at: now)
        port.incoming = datagram
        defer { port.incoming = nil }
        ErrorQueue.clear()
        let result = DTLSv1_listen(ssl, nobody)
        ErrorQueue.clear()
        guard result == 1 else { return port.takeOutgoing().first.map(Outcome.answer) ?? .nothing }
        waiting = nil
        return .session(Endpoint(accepting: ssl, on: port))
    }

    private func prepare() -> (OpaquePointer, DatagramPort)? {
        if let waiting { return waiting }
        let port = DatagramPort(mtu: Self.mtu, firstRetransmission: firstRetransmission)
        guard let ssl = try? Endpoint.makeConnection(context.pointer, port) else { return nil }
        SSL_set_accept_state(ssl)
        waiting = (ssl, port)
        return (ssl, port)
    }
}
