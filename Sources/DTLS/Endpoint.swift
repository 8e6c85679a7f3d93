import COpenSSL
public import NetPrimitives

/// One side of a DTLS association over a packet path that the caller carries (RFC 6347): datagrams and `now` go in,
/// datagrams, events and one next deadline come out.
///
/// The peer is who signalling said it is, or nobody: when the handshake is over, the SHA-256 fingerprint of the peer's
/// certificate must equal `expectedPeer`, or the endpoint fails before a single byte is delivered. Only a server's endpoint,
/// which a `Listener` makes, takes whoever comes: its client knows whom it talks to, and not the other way round.
///
/// It wraps C state and is confined to its driver: use one endpoint from one thread (or actor) at a time.
///
/// OpenSSL asks the wall clock when a flight is due again, and offers no other. `nextDeadline` maps what is left of it
/// onto the driver's clock at each call, so a driver in real time sees exact deadlines. Virtual time that runs ahead gets
/// the deadline moved on, at most the remaining wall time further, and no retransmission before its wall time: simulate a
/// *lossy handshake* with a short `firstRetransmission` and expect to step more often. Nothing else here has a timer.
///
/// Between peers there is no stateless cookie exchange (HelloVerifyRequest): ICE has proven their addresses.
public final class Endpoint {
    public enum Event: Hashable, Sendable {
        /// The handshake is over and the peer is the expected one.
        case connected
        /// One datagram's payload from the peer.
        case data([UInt8])
        /// The peer said that it is done (close_notify).
        case closed
        /// It is over; nothing more comes out but what `nextTransmit()` still holds.
        case failed(Failure)
    }

    /// Whose certificate is accepted. Set it before the handshake can finish: a nil then is a failure.
    public var expectedPeer: Fingerprint?
    public let role: Role
    /// A server's, which takes whoever comes, as far as this goes. Who the peer is counts where there is none.
    private var allowance: HandshakeAllowance?
    private var admitsAnybody: Bool { allowance != nil }

    private enum State {
        case idle, handshaking, connected, over
    }

    private var state = State.idle
    private let port: DatagramPort
    private let ssl: OpaquePointer
    private var transmits: [[UInt8]] = []
    private var events: [Event] = []
    /// RFC 6347 section 4.1.1: a record holds at most 2^14 bytes.
    private static let maximumRecord = 16_384

    /// The moment to call `handleTimeout(at:)`; nil outside the handshake.
    public private(set) var nextDeadline: Instant?

    /// - Parameters:
    ///   - mtu: the largest datagram to send, in bytes: 1200 passes every path that QUIC does (RFC 9000 section 14).
    ///   - firstRetransmission: how long a handshake flight waits for its answer before it is sent again; doubled each
    ///     time. RFC 6347 section 4.2.4.1 says 1 s for who knows nothing of the path; ICE has just measured it.
    public init(
        role: Role, identity: Identity, expecting expectedPeer: Fingerprint?, mtu: Int = 1200,
        firstRetransmission: Duration = .milliseconds(300)
    ) throws(Failure) {
        precondition(mtu >= 576 && mtu <= 65_507, "not a datagram size")
        let context = try SecurityContext.make(for: identity)
        defer { SSL_CTX_free(context) }  // the connection holds its own reference
        let port = DatagramPort(mtu: mtu, firstRetransmission: firstRetransmission)
        let ssl = try Self.makeConnection(context, port)
        switch role {
        case .client: SSL_set_connect_state(ssl)
        case .server: SSL_set_accept_state(ssl)
        }
        self.role = role
        self.expectedPeer = expectedPeer
        self.port = port
        self.ssl = ssl
    }

    /// The server's end of a connection whose client has returned its cookie; the ClientHello is in OpenSSL's hands.
    init(accepting ssl: OpaquePointer, on port: DatagramPort) {
        role = .server
        allowance = HandshakeAllowance()
        self.port = port
        self.ssl = ssl
    }

    /// A connection on a port, owned by the caller.
    static func makeConnection(_ context: OpaquePointer, _ port: DatagramPort) throws(Failure) -> OpaquePointer {
        guard let ssl = SSL_new(context) else { throw .library(ErrorQueue.takeText()) }
        guard let bio = port.makeBIO() else {
            SSL_free(ssl)
            throw .library(ErrorQueue.takeText())
        }
        SSL_set_bio(ssl, bio, bio)  // takes the only reference to the BIO
        _ = ra_ossl_set_mtu(ssl, port.mtu)
        DTLS_set_timer_cb(ssl) { ssl, previous in
            let first = DatagramPort.port(of: SSL_get_rbio(ssl))?.firstRetransmission ?? 1_000_000
            // Doubling, up to 4 s: after an outage the handshake goes on within that time.
            return previous == 0 ? first : max(first, min(previous, 2_000_000) * 2)
        }
        return ssl
    }

    deinit { SSL_free(ssl) }  // and with it the BIO, while the port still lives

    /// The most bytes that one `send` takes, once connected; before that what the costliest cipher suite leaves. A server
    /// sends records of any size, as it would send datagrams: `mtu` then holds for the handshake.
    public var maximumPayload: Int {
        if admitsAnybody { return Self.maximumRecord }
        let exact = state == .connected ? Int(DTLS_get_data_mtu(ssl)) : 0
        // 13 bytes of record header, 8 of explicit nonce, 16 of tag.
        return exact > 0 ? exact : port.mtu - 37
    }

    /// Whether the handshake is over, and the end is not there yet.
    public var isConnected: Bool { state == .connected }

    /// Whether a datagram begins another handshake than this one: a client that has started again at the same address
    /// (RFC 6347 section 4.2.8).
    public func isOvertaken(by datagram: [UInt8]) -> Bool {
        guard let hello = ClientHello(datagram) else { return false }
        var random = [UInt8](repeating: 0, count: ClientHello.randomSize)
        return SSL_get_client_random(ssl, &random, random.count) == random.count && !hello.random.elementsEqual(random)
    }

    /// Whether a datagram of a shared path is meant for DTLS (RFC 7983 section 7).
    public static func accepts(_ datagram: some Collection<UInt8>) -> Bool {
        guard let first = datagram.first else { return false }
        return (20...63).contains(first)
    }

    /// Begins the handshake: the client's first flight comes out, the server is ready to answer it.
    public func start(at now: Instant) {
        guard state == .idle else { return }
        state = .handshaking
        advance(at: now)
    }

    /// A datagram from the path: any bytes at all.
    public func receive(_ datagram: [UInt8], at now: Instant) {
        if state == .idle { start(at: now) }
        guard state != .over, Self.accepts(datagram), RecordHeader.areWhole(datagram, shortest: shortestRecord),
            allowance?.admits(datagram) ?? true
        else { return }
        port.incoming = datagram
        advance(at: now)
        port.incoming = nil
    }

    /// Before a cipher is agreed on the longer: what is encrypted then is kept until it can be read. Asked for each datagram, so by
    /// number and not by name.
    private var shortestRecord: Int {
        guard let cipher = SSL_get_current_cipher(ssl), SSL_CIPHER_get_cipher_nid(cipher) == NID_chacha20_poly1305 else {
            return RecordHeader.shortestGCM
        }
        return RecordHeader.shortestChaCha
    }

    public func handleTimeout(at now: Instant) {
        guard state == .handshaking else { return }
        ErrorQueue.clear()
        let result = ra_ossl_handle_timeout(ssl)
        if result < 0 { fail(ErrorQueue.takeFailure()) }
        if result > 0 { allowance?.renew() }
        finishCall(at: now)
    }

    /// Sends one datagram; an empty payload sends nothing.
    public func send(_ payload: [UInt8]) throws(Failure) {
        guard state == .connected else { throw .notConnected }
        guard payload.count <= maximumPayload else { throw .payloadTooLarge(limit: maximumPayload) }
        guard !payload.isEmpty else { return }
        ErrorQueue.clear()
        guard SSL_write(ssl, payload, Int32(payload.count)) == payload.count else { throw ErrorQueue.takeFailure() }
        transmits += port.takeOutgoing()
    }

    /// Says goodbye (close_notify, which may be lost) and ends; no event follows.
    public func close() {
        guard state != .over else { return }
        sayGoodbye()
        events.removeAll()
    }

    /// The next datagram to send.
    public func nextTransmit() -> [UInt8]? { transmits.isEmpty ? nil : transmits.removeFirst() }

    public func nextEvent() -> Event? { events.isEmpty ? nil : events.removeFirst() }
}

extension Endpoint {
    /// Lets OpenSSL go on as far as what has arrived carries it.
    private func advance(at now: Instant) {
        if state == .handshaking { handshake() }
        if state == .connected { readRecords() }
        finishCall(at: now)
    }

    private func handshake() {
        ErrorQueue.clear()
        let result = SSL_do_handshake(ssl)
        if result == 1 { return admitPeer() }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
        default: fail(ErrorQueue.takeFailure())
        }
    }

    /// The handshake is over: is it the one whom signalling named?
    private func admitPeer() {
        port.cookies = []
        guard !admitsAnybody else {
            state = .connected
            return events.append(.connected)
        }
        guard let certificate = SSL_get1_peer_certificate(ssl) else { return refuse(.noPeerCertificate) }
        defer { X509_free(certificate) }
        guard let actual = Fingerprint(ofCertificate: certificate) else { return refuse(.noPeerCertificate) }
        guard let expectedPeer else { return refuse(.noExpectedFingerprint) }
        guard actual == expectedPeer else {
            return refuse(.fingerprintMismatch(expected: expectedPeer, actual: actual))
        }
        state = .connected
        events.append(.connected)
    }

    private func readRecords() {
        while state == .connected {
            ErrorQueue.clear()
            var count: Int32 = 0
            withUnsafeTemporaryAllocation(byteCount: Self.maximumRecord, alignment: 1) { scratch in
                count = SSL_read(ssl, scratch.baseAddress, Int32(scratch.count))
                // Holds because what was read of the scratch is what OpenSSL has written there.
                if count > 0 { events.append(.data(Array(scratch.prefix(Int(count))))) }
            }
            if count > 0 { continue }
            switch SSL_get_error(ssl, count) {
            case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return
            case SSL_ERROR_ZERO_RETURN:
                events.append(.closed)
                sayGoodbye()
            default: fail(ErrorQueue.takeFailure())
            }
        }
    }

    /// The peer is refused, after a handshake that went well.
    private func refuse(_ failure: Failure) {
        events.append(.failed(failure))
        sayGoodbye()
    }

    /// OpenSSL gave up; what alert it has for the peer it has written already.
    private func fail(_ failure: Failure) {
        events.append(.failed(failure))
        end()
    }

    /// Sends close_notify where the handshake got far enough for one, and ends.
    private func sayGoodbye() {
        ErrorQueue.clear()
        if SSL_is_init_finished(ssl) == 1 { SSL_shutdown(ssl) }
        end()
    }

    private func end() {
        state = .over
        nextDeadline = nil
        ErrorQueue.clear()
        transmits += port.takeOutgoing()
    }

    /// What every call in ends with: what OpenSSL wrote, and when it wants to be called again.
    private func finishCall(at now: Instant) {
        transmits += port.takeOutgoing()
        var left = timeval()
        guard state == .handshaking, ra_ossl_get_timeout(ssl, &left) == 1 else { return nextDeadline = nil }
        let wait = Duration.seconds(left.tv_sec) + .microseconds(left.tv_usec)
        // Never at once: a driver that calls back at the same instant would spin.
        nextDeadline = now + max(wait, .milliseconds(1))
    }
}
