package import NetPrimitives

/// A client of one PCP server for one mapping (RFC 6887): one question at a time, asked until it is answered or nobody
/// waits any longer.
///
/// A machine without sockets and clock: `ask`, `receive`, `handleTimeout`; then `nextTransmit`, `nextEvent`, `nextDeadline`.
package struct PCPClient: Sendable {
    package enum Question: Hashable, Sendable {
        /// Is a server there? (§14.1)
        case announce
        /// A way in for everybody, or the same for longer.
        case map(suggested: TransportAddress, lifetime: Duration)
        /// The way to and from one peer: where it sees us, for longer than packets alone would keep it (§12).
        case peer(remote: TransportAddress, suggested: TransportAddress, lifetime: Duration)
        /// Deletes what MAP made (§15.1).
        case delete
    }

    package enum Event: Hashable, Sendable {
        case present
        case granted(Grant)
        case deleted
        /// The same question would get the same answer until `retryAfter` has passed.
        case refused(PCPResultCode, retryAfter: Duration)
        /// Whoever answers there speaks another version: NAT-PMP's is 0 (§9).
        case otherVersion(UInt8)
        /// No answer in the time that it was waited for.
        case silent
        /// The server has lost its mappings (§8.5); comes before the answer that showed it.
        case restarted
    }

    /// What a mapping's lifetime is believed up to, and a refusal's: §7.2's and §15's upper limits.
    package static let longestLifetime = Duration.seconds(24 * 3600)
    package static let longestRefusal = Duration.seconds(30 * 60)

    private struct Pending: Sendable {
        var question: Question
        var datagram: [UInt8]
        var retransmission: PCPRetransmission
        var resendAt: Instant
        var giveUpAt: Instant
    }

    package let server: TransportAddress
    package let client: IPAddress
    private let nonce: PCPNonce
    private let transport: TransportProtocol
    private let internalPort: UInt16
    private var random: any RandomNumberGenerator & Sendable
    private var epoch = ServerEpoch(.pcp)
    private var pending: Pending?
    private var transmits: [Transmit] = []
    private var events: [Event] = []

    /// - Parameters:
    ///   - client: The address that requests leave from: what is mapped is a port of this one.
    ///   - nonce: Kept for as long as the mapping is to be renewed or deleted (§11.1).
    package init(
        server: TransportAddress, client: IPAddress, nonce: PCPNonce, transport: TransportProtocol, internalPort: UInt16,
        random: any RandomNumberGenerator & Sendable
    ) {
        self.server = server
        self.client = client
        self.nonce = nonce
        self.transport = transport
        self.internalPort = internalPort
        self.random = random
    }

    package var isAsking: Bool { pending != nil }

    package var nextDeadline: Instant? { pending.map { min($0.resendAt, $0.giveUpAt) } }

    package mutating func nextTransmit() -> Transmit? { transmits.isEmpty ? nil : transmits.removeFirst() }

    package mutating func nextEvent() -> Event? { events.isEmpty ? nil : events.removeFirst() }

    // What happens to it

    /// Asks; a question that is still open is dropped.
    package mutating func ask(_ question: Question, patience: Duration, at now: Instant) {
        var retransmission = PCPRetransmission(using: &random)
        let datagram = request(for: question).encoded
        let resendAt = now + retransmission.next(using: &random)
        pending = Pending(
            question: question, datagram: datagram, retransmission: retransmission, resendAt: resendAt,
            giveUpAt: now + patience)
        transmits = [Transmit(destination: server, payload: datagram)]
    }

    package mutating func handleTimeout(at now: Instant) {
        guard var asked = pending else { return }
        if asked.giveUpAt <= now {
            conclude(.silent)
        } else if asked.resendAt <= now {
            asked.resendAt = now + asked.retransmission.next(using: &random)
            pending = asked
            transmits = [Transmit(destination: server, payload: asked.datagram)]
        }
    }

    /// Takes a datagram that came to where the requests leave from. What is not the server's answer to the open question
    /// changes nothing (§8.3).
    package mutating func receive(_ datagram: [UInt8], from source: TransportAddress, at now: Instant) {
        guard source.ip.unmapped == server.ip.unmapped, source.port == server.port else { return }
        do throws(PCPDecodingError) {
            let response = try PCPResponse(decoding: datagram)
            if let asked = pending?.question, isAnswer(response, to: asked) {
                watch(response.epoch, at: now)
                conclude(outcome(of: response, to: asked))
            } else if response.body == .announce {
                watch(response.epoch, at: now)
            }
        } catch {
            if case .version(let version) = error, pending != nil { conclude(.otherVersion(version)) }
        }
    }

    /// Takes a datagram that came to the clients' port: what the server announces unasked (§14.1.3), from its own address
    /// and whatever port.
    package mutating func receiveAnnouncement(_ datagram: [UInt8], from source: TransportAddress, at now: Instant) {
        guard source.ip.unmapped == server.ip.unmapped, let response = try? PCPResponse(decoding: datagram),
            response.body == .announce, response.result == .success
        else { return }
        watch(response.epoch, at: now)
    }

    // How it decides

    private mutating func watch(_ seconds: UInt32, at now: Instant) {
        // One is enough for whoever did not read the last one.
        if !epoch.accept(seconds, at: now), events.last != .restarted { events.append(.restarted) }
    }

    private mutating func conclude(_ event: Event) {
        pending = nil
        transmits = []
        events.append(event)
    }

    private func request(for question: Question) -> PCPRequest {
        func mapping(_ external: TransportAddress) -> PCPMapping {
            PCPMapping(nonce: nonce, transport: transport, internalPort: internalPort, external: external)
        }
        return switch question {
        case .announce:
            PCPRequest(.announce, lifetime: 0, client: client)
        case .map(let suggested, let lifetime):
            PCPRequest(.map(mapping(suggested)), lifetime: Self.seconds(lifetime), client: client)
        case .peer(let remote, let suggested, let lifetime):
            PCPRequest(.peer(mapping(suggested), remote: remote), lifetime: Self.seconds(lifetime), client: client)
        case .delete:
            // "Suggested External Port MUST be set to zero", and the address to all zeros of the external family
            // (§15.1 with erratum 3621), which is ours: we ask for no other.
            PCPRequest(
                .map(mapping(TransportAddress(ip: client.family == .ipv4 ? .anyV4 : .anyV6, port: 0))), lifetime: 0,
                client: client)
        }
    }

    /// The opcode, and "the protocol, internal port and nonce" (§11.4); of PEER the peer as well (§12.4).
    private func isAnswer(_ response: PCPResponse, to question: Question) -> Bool {
        func isOurs(_ mapping: PCPMapping) -> Bool {
            mapping.nonce == nonce && mapping.transport == transport && mapping.internalPort == internalPort
        }
        switch (question, response.body) {
        case (.announce, .announce): return true
        case (.map, .map(let mapping)), (.delete, .map(let mapping)): return isOurs(mapping)
        case (.peer(let asked, _, _), .peer(let mapping, let remote)):
            return isOurs(mapping) && remote.port == asked.port && remote.ip.unmapped == asked.ip.unmapped
        case (.announce, _), (.map, _), (.delete, _), (.peer, _): return false
        }
    }

    private func outcome(of response: PCPResponse, to question: Question) -> Event {
        // Any answer to ANNOUNCE says that a PCP server is there, also that it does not know the opcode.
        if question == .announce, response.result != .unsupportedVersion { return .present }
        let lifetime = Duration.seconds(Int64(response.lifetime))
        guard response.result == .success else {
            if response.result == .unsupportedVersion { return .otherVersion(PCPFormat.version) }
            return .refused(response.result, retryAfter: min(lifetime, Self.longestRefusal))
        }
        switch (question, response.body) {
        case (.delete, _):
            return .deleted
        case (_, .map(let mapping)), (_, .peer(let mapping, _)):
            return .granted(Grant(external: mapping.external, lifetime: min(lifetime, Self.longestLifetime)))
        case (_, .announce):
            return .present
        }
    }

    /// Whole seconds; 0 is PCP's word for "delete", so a shorter wish becomes one second.
    private static func seconds(_ lifetime: Duration) -> UInt32 {
        UInt32(clamping: max(lifetime.components.seconds, 1))
    }
}
