import DTLS
import NetPrimitives

/// The DTLS sessions of one worker's clients (RFC 8656 §2.1), between its sockets and its machine: datagrams and `now` go
/// in; datagrams to send, messages for the machine and one next deadline come out.
///
/// Nothing is kept for an address that has not returned its cookie. What is kept is bounded by `ConnectionLimits`, for
/// all workers together; at the bound nobody else is answered.
struct SecureClients {
    enum Output {
        /// A datagram for the client of a plain five-tuple.
        case transmit([UInt8], to: FiveTuple)
        /// What came out of a session, of its secured five-tuple.
        case message([UInt8], from: FiveTuple)
        /// A session is over, or another one has taken its place: what the machine has for it is nobody's.
        case ended(FiveTuple)
    }

    /// Sessions at most, over all workers: OpenSSL takes some 50 KB for each.
    static let total = 4096
    /// From one IPv4 address or IPv6 /56: as many as there may be TCP connections.
    static let perSource = ConnectionLimits.perSource
    /// A handshake is over by then: five times its first flight was sent again.
    static let patience = Duration.seconds(30)
    /// A session ends when it had no allocation at two looks in a row with this between them, or at the second look after
    /// it began.
    static let idleTime = Duration.seconds(60)
    /// Deadlines are looked at no more often: whoever opens a thousand handshakes does not make it a thousand times.
    private static let resolution = Duration.milliseconds(100)

    private struct Session {
        let endpoint: Endpoint
        /// When to ask whether it still has a reason.
        var review: Instant
        /// Whether it had one when it was last asked.
        var hasReason = true
    }

    private let certificate: CurrentCertificate
    private let limits: ConnectionLimits
    private var listener: (Listener, for: ServerContext)?
    private var sessions: [FiveTuple: Session] = [:]
    private var outputs: [Output] = []
    private(set) var nextDeadline: Instant?
    private var lastLook = Instant(nanoseconds: .min)

    /// - Parameter limits: of all workers, this one included.
    init(certificate: CurrentCertificate, limits: ConnectionLimits) {
        self.certificate = certificate
        self.limits = limits
    }

    var count: Int { sessions.count }

    // MARK: What arrives

    /// A datagram that `Endpoint.accepts`.
    ///
    /// - Parameters:
    ///   - plain: where it came from and what it asked.
    ///   - admits: whether an address that has not proven itself is answered at all.
    mutating func receive(
        _ datagram: [UInt8], from plain: FiveTuple, at now: Instant, admits: (IPAddress) -> Bool
    ) {
        let client = plain.secured
        if let session = sessions[client], !session.endpoint.isOvertaken(by: datagram) {
            session.endpoint.receive(datagram, at: now)
            return drain(session, of: client)
        }
        guard ClientHello(datagram) != nil, admits(plain.client.ip), let listener = currentListener() else { return }
        switch listener.receive(datagram, from: plain, at: now) {
        case .nothing: break
        case .answer(let bytes): outputs.append(.transmit(bytes, to: plain))
        case .session(let endpoint):
            end(client)
            guard limits.admit(client.client.ip) else { return }
            endpoint.start(at: now)
            let session = Session(endpoint: endpoint, review: now + Self.patience)
            sessions[client] = session
            note(session.review)
            drain(session, of: client)
        }
    }

    /// Of the certificate that is in use now.
    private mutating func currentListener() -> Listener? {
        let context = certificate.secureContext
        if let listener, listener.for === context { return listener.0 }
        var random = SystemRandomNumberGenerator()
        let made = Listener(context, using: &random)
        listener = (made, for: context)
        return made
    }

    // MARK: What goes out

    /// Sends a message of the machine; false when it is dropped: its session is over, or it fits no record.
    @discardableResult
    mutating func send(_ message: [UInt8], to client: FiveTuple) -> Bool {
        guard let session = sessions[client] else { return false }
        do { try session.endpoint.send(message) } catch { return false }
        drain(session, of: client)
        return true
    }

    mutating func nextOutput() -> Output? { outputs.isEmpty ? nil : outputs.removeFirst() }

    private mutating func drain(_ session: Session, of client: FiveTuple) {
        while let datagram = session.endpoint.nextTransmit() { outputs.append(.transmit(datagram, to: client.plain)) }
        while let event = session.endpoint.nextEvent() {
            switch event {
            case .connected: break
            case .data(let message): outputs.append(.message(message, from: client))
            case .closed, .failed: end(client)
            }
        }
        if let deadline = session.endpoint.nextDeadline { note(deadline) }
    }

    private mutating func end(_ client: FiveTuple) {
        guard sessions.removeValue(forKey: client) != nil else { return }
        limits.release(client.client.ip)
        outputs.append(.ended(client))
    }

    /// Says goodbye to all.
    mutating func closeAll() {
        for (client, session) in sessions {
            session.endpoint.close()
            drain(session, of: client)
            end(client)
        }
    }

    // MARK: Time

    private mutating func note(_ deadline: Instant) {
        nextDeadline = .earliest(nextDeadline, max(deadline, lastLook + Self.resolution))
    }

    /// Sends again what was not answered, and ends sessions that nobody uses.
    mutating func handleTimeout(at now: Instant, hasAllocation: (FiveTuple) -> Bool) {
        guard let due = nextDeadline, due <= now else { return }
        nextDeadline = nil
        lastLook = now
        for (client, session) in sessions {
            if session.review <= now {
                let hasReason = hasAllocation(client)
                guard session.endpoint.isConnected, hasReason || session.hasReason else {
                    session.endpoint.close()
                    drain(session, of: client)
                    end(client)
                    continue
                }
                sessions[client]?.review = now + Self.idleTime
                sessions[client]?.hasReason = hasReason
            }
            if let deadline = session.endpoint.nextDeadline, deadline <= now { session.endpoint.handleTimeout(at: now) }
            drain(session, of: client)
            if let review = sessions[client]?.review { note(review) }
        }
    }
}

extension FiveTuple {
    /// The DTLS session's between the same addresses.
    fileprivate var secured: FiveTuple {
        var tuple = self
        tuple.isSecured = true
        return tuple
    }

    /// The datagrams' that carry it.
    fileprivate var plain: FiveTuple {
        var tuple = self
        tuple.isSecured = false
        return tuple
    }
}
