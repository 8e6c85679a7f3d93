package import NetPrimitives

/// A router that speaks PCP (RFC 6887): the sockets and the clock of a `PCPClient`. Calls block for up to `patience`.
/// Confined to the thread that uses it. Over IPv6 a mapping is a hole in the router's firewall.
package final class PCPGateway: Gateway {
    /// A router on the same link that has not answered the first request, and the second one after three seconds, is not
    /// going to (§8.1.1 would have a client that has nothing else ask for ever).
    package static let patience = Duration.milliseconds(4500)
    /// Deleting is a courtesy at the very end, when somebody may be waiting for us to be gone.
    package static let patienceToRelease = Duration.milliseconds(800)

    package let method = MappingMethod.pcp
    package private(set) var internalAddress: TransportAddress
    package private(set) var router: String?
    private let request: MappingRequest
    private let port: UInt16
    private let patience: Duration
    private let nonce: PCPNonce
    private var connection: (client: PCPClient, socket: RouterSocket)?
    private var announcements: AnnouncementSocket?
    private var hasRestarted = false

    /// - Parameters:
    ///   - nonce: Of an earlier program's mapping that is to be deleted; otherwise a new one.
    ///   - port: The router's.
    package init(
        _ request: MappingRequest, nonce: PCPNonce? = nil, port: UInt16 = PCPFormat.serverPort,
        patience: Duration = PCPGateway.patience
    ) {
        self.request = request
        self.port = port
        self.patience = patience
        var random = SystemRandomNumberGenerator()
        self.nonce = nonce ?? PCPNonce(using: &random)
        internalAddress = request.internalAddress
    }

    package var secret: [UInt8]? { nonce.bytes }

    package func find() throws(MappingFailure) {
        guard let choice = RouterChoice(for: request, port: port) else { throw .noRouter }
        let socket = choice.socket
        internalAddress.ip = socket.local
        router = "\(choice.gateway)"
        announcements = AnnouncementSocket(on: socket.local, interface: choice.interface)
        let client = PCPClient(
            server: TransportAddress(ip: choice.gateway, port: port), client: socket.local, nonce: nonce,
            transport: request.transport, internalPort: request.internalAddress.port,
            random: SystemRandomNumberGenerator())
        connection = (client, socket)
        switch ask(.announce, patience) {
        case .present: break
        case .refused(let code, _): throw Self.failure(code)
        case .granted, .deleted, .otherVersion, .silent, .restarted: throw .noRouter
        }
    }

    package func answer(to ask: Ask) -> Answer {
        let any: IPAddress = internalAddress.family == .ipv4 ? .anyV4 : .anyV6
        let suggested = TransportAddress(ip: ask.externalAddress ?? any, port: ask.externalPort)
        let lifetime = ask.lifetime ?? request.lifetime
        let question: PCPClient.Question =
            request.remote.map { .peer(remote: $0, suggested: suggested, lifetime: lifetime) }
            ?? .map(suggested: suggested, lifetime: lifetime)
        switch self.ask(question, patience) {
        case .granted(let grant):
            hasRestarted = false  // if it has: what it has just granted it has
            return .granted(grant)
        case .refused(.cannotProvideExternal, _): return .conflict
        case .refused(let code, let pause):
            return code.isPassing ? .later(Self.failure(code), after: pause) : .failed(Self.failure(code))
        case .otherVersion: return .failed(.noRouter)
        case .present, .deleted, .silent, .restarted: return .unanswered(.noRouter)
        }
    }

    /// The server knows the mapping by our port and the nonce. What PEER has made cannot be deleted, and runs out (§12.1).
    package func release(externalPort: UInt16) -> Release {
        guard request.remote == nil else { return .closed }
        guard !isAway else { return .unanswered }
        return switch ask(.delete, Self.patienceToRelease) {
        case .deleted: .closed
        case .refused: .refused
        case .present, .granted, .otherVersion, .silent, .restarted: .unanswered
        }
    }

    // Waiting

    /// Sleeps, and hears meanwhile whether the router tells that it has restarted.
    package func rest(for duration: Duration, _ bell: Bell) -> Awakening {
        bell.wait(for: duration, or: [announcements?.descriptor ?? -1, connection?.socket.descriptor ?? -1])
        hear()
        return takeRestart() ? .restarted : .rested
    }

    /// RFC 6887 §14.1: who asks for the epoch learns of a restart that nobody announced.
    package func check(_ external: TransportAddress) -> Awakening {
        _ = ask(.announce, Self.patienceToRelease)
        return takeRestart() ? .restarted : .rested
    }

    private func takeRestart() -> Bool {
        defer { hasRestarted = false }
        return hasRestarted
    }

    private func ask(_ question: PCPClient.Question, _ patience: Duration) -> PCPClient.Event {
        guard let socket = connection?.socket else { return .silent }
        connection?.client.ask(question, patience: patience, at: RouterClock.now())
        while true {
            while let datagram = connection?.client.nextTransmit() { socket.send(datagram.payload) }
            while let event = connection?.client.nextEvent() {
                if event != .restarted { return event }
                hasRestarted = true
            }
            guard let deadline = connection?.client.nextDeadline else { return .silent }
            RouterClock.sleep(until: deadline, orReadable: socket.descriptor)
            if case .refused = hearAnswers() { return .silent }
            connection?.client.handleTimeout(at: RouterClock.now())
        }
    }

    /// Takes what came to our socket; the last of it.
    private func hearAnswers() -> Arrival {
        while true {
            let arrival = connection?.socket.receive() ?? .nothing
            guard case .datagram(let bytes, let source) = arrival else { return arrival }
            connection?.client.receive(bytes, from: source, at: RouterClock.now())
        }
    }

    private func hear() {
        _ = hearAnswers()
        while case .datagram(let bytes, let source)? = announcements?.receive() {
            connection?.client.receiveAnnouncement(bytes, from: source, at: RouterClock.now())
        }
        while let event = connection?.client.nextEvent() {
            if event == .restarted { hasRestarted = true }
        }
    }

    private static func failure(_ code: PCPResultCode) -> MappingFailure {
        switch code {
        case .notAuthorized: .notAuthorized
        case .networkFailure: .noExternalAddress
        case .noResources, .userExceededQuota: .outOfResources
        case .addressMismatch: .addressMismatch
        case .unsupportedVersion: .noRouter
        default: .refused(code: Int(code.rawValue), reason: "PCP \(code)")
        }
    }
}

extension PCPResultCode {
    /// What the RFC calls a short lifetime error (§7.4): it may be over in half a minute.
    fileprivate var isPassing: Bool {
        switch self {
        case .networkFailure, .noResources, .userExceededQuota, .cannotProvideExternal: true
        default: false
        }
    }
}
