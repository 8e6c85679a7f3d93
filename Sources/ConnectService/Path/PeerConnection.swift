import DTLS
import HostNetwork
import ICE
import NIOCore
import NetPrimitives
import Rendezvous
import SCTP
import STUN
import Session
import Synchronization
import TURN

/// The way to the other person: sockets, ICE, TURN, DTLS and SCTP, driven on one event loop.
///
/// The machines hold the protocols; this drains them in one place (`drain`), moves their bytes to and
/// from sockets and wakes them when their next deadline has come.
actor PeerConnection {
    enum Event: Sendable {
        /// For the other side, through the rendezvous.
        case localCandidate(line: String, isMapped: Bool)
        case endOfLocalCandidates
        /// DTLS is finished and SCTP is up.
        case connected(PathDescription)
        /// Both channels are open: messages can be sent.
        case ready
        case pathChanged(PathDescription)
        case pathLost
        case pathRecovered(PathDescription)
        case message(Channel, [UInt8])
        /// Nothing comes after it.
        case failed(Failure)
        /// The other side has closed the association in order; nothing comes after it.
        case closed
    }

    enum Failure: Error, Hashable, Sendable {
        case noPath
        /// There was a path, and it was silent for longer than anybody waits.
        case peerLost
        /// Whoever answered does not hold the certificate that was promised.
        case impostor
        case transport(String)
    }

    /// The data channels of a session, which the helper opens.
    enum Channel: String, Sendable, CaseIterable {
        /// Consent, chat, input: small, in order, before everything else.
        case control
        /// Compressed pictures, in order.
        case screen
    }

    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }
    nonisolated let localCredentials: ICE.Credentials
    /// Bytes of the screen that wait to be sent, for whoever encodes it.
    nonisolated let screenBacklog = Atomic<Int>(0)

    let role: Session.Role
    private let identity: Identity
    private let emit: @Sendable (Event) -> Void

    var agent: Agent
    var sockets: [TransportAddress: DatagramSocket] = [:]
    /// By the number that each leg's socket brings its bytes with.
    var legs: [Int: RelayedLeg] = [:]
    var lastLeg = 0
    var bindings: [(base: TransportAddress, client: BindingClient)] = []
    var ladder: RelayLadder?
    var turnCredentials: TURNCredentials?
    private var remoteIPs: [IPAddress] = []
    private var dtls: Endpoint?
    private var sctp: Association?
    private var channels: [Channel: ChannelID] = [:]
    private var fragments = ScreenFragments()
    private var hasConnected = false
    private(set) var isOver = false
    private var hasSignalledEnd = false
    private var timer: Scheduled<Void>?
    private var whenClosed: [CheckedContinuation<Void, Never>] = []

    /// - Parameter emit: called on `loop`, in order.
    init(
        role: Session.Role, identity: Identity, loop: any EventLoop, emit: @escaping @Sendable (Event) -> Void
    ) {
        self.role = role
        self.identity = identity
        self.loop = loop
        self.emit = emit
        var random = SystemRandomNumberGenerator()
        localCredentials = ICE.Credentials(using: &random)
        // The helper comes last and knows when it starts: it chooses the pair.
        var configuration = Agent.Configuration()
        // Consent lasts 30 s; with these two minutes more a silent peer is waited for 150 s.
        configuration.consent.abandonment = .seconds(120)
        agent = Agent(
            role: role == .helper ? .controlling : .controlled, localCredentials: localCredentials,
            configuration: configuration)
    }

    // MARK: - Commands

    /// What the other side said of itself; checks begin.
    func setRemote(credentials: ICE.Credentials, fingerprint: DTLS.Fingerprint) {
        guard dtls == nil, !isOver else { return }
        do {
            dtls = try Endpoint(
                role: role == .helper ? .client : .server, identity: identity, expecting: fingerprint)
        } catch {
            return fail(.transport("\(error)"))
        }
        agent.setRemoteCredentials(credentials, at: MonotonicClock.now())
        drain()
    }

    func addRemoteCandidate(_ candidate: Candidate) {
        let now = MonotonicClock.now()
        guard agent.addRemoteCandidate(candidate, at: now) else { return }
        if !remoteIPs.contains(candidate.address.ip) { remoteIPs.append(candidate.address.ip) }
        for leg in legs.values { leg.client.createPermission(for: candidate.address.ip, at: now) }
        drain()
    }

    func endOfRemoteCandidates() {
        agent.endOfRemoteCandidates(at: MonotonicClock.now())
        drain()
    }

    /// A door that the router opened for one of our ports.
    func addMapped(external: TransportAddress, internal base: TransportAddress) {
        guard sockets[base] != nil else { return }
        offer(.mapped(external, base: base), at: MonotonicClock.now())
        drain()
    }

    /// Queues a message; false when it was not taken: not connected, or too much is waiting already.
    @discardableResult
    func send(_ bytes: [UInt8], on channel: Channel) -> Bool {
        guard let sctp, let id = channels[channel], !isOver else { return false }
        do {
            switch channel {
            case .control: try sctp.send(bytes, on: id, kind: .binary)
            case .screen: for piece in ScreenFragments.cut(bytes) { try sctp.send(piece, on: id, kind: .binary) }
            }
        } catch {
            return false
        }
        drain()
        return true
    }

    /// What was tried, for people who wonder.
    var report: [PairReport] { agent.report }

    /// When anything authenticated came last on the chosen path.
    var lastReceivedAt: Instant? { agent.lastReceivedAt }

    /// Asks the peer for a sign of life now, instead of within the next seconds.
    func probe() {
        agent.checkConsent(at: MonotonicClock.now())
        drain()
    }

    /// Ends in order: what was sent is delivered, as far as the peer is there to take it within `patience`.
    func close(patience: TimeAmount = .seconds(1)) async {
        if let sctp, hasConnected, !isOver {
            sctp.shutdown()
            drain()
            let deadline = loop.scheduleTask(in: patience) { self.assumeIsolated { $0.resumeClosers() } }
            if !isOver { await withCheckedContinuation { whenClosed.append($0) } }
            deadline.cancel()
        }
        tearDown()
    }

    private func resumeClosers() {
        for waiter in whenClosed { waiter.resume() }
        whenClosed = []
    }

    /// Gives everything back. The last packets (close_notify, Refresh of 0 s) leave before their sockets close.
    private func tearDown() {
        isOver = true
        let now = MonotonicClock.now()
        dtls?.close()
        while let packet = dtls?.nextTransmit() { sendData(packet, at: now) }
        for leg in legs.values {
            leg.client.close(at: now)
            leg.flush()
            leg.close()
        }
        for socket in sockets.values { socket.close() }
        sctp?.abort()
        timer?.cancel()
        ladder = nil
        sockets = [:]
        legs = [:]
        bindings = []
        resumeClosers()
    }

    private func fail(_ failure: Failure) {
        guard !isOver else { return }
        isOver = true
        emit(.failed(failure))
        resumeClosers()
    }

    // MARK: - What arrives

    func received(_ bytes: [UInt8], on base: TransportAddress, from source: TransportAddress) {
        let now = MonotonicClock.now()
        handle(bytes, on: base, from: source, at: now)
        drain()
    }

    func received(_ bytes: [UInt8], onLeg number: Int) {
        guard let leg = legs[number] else { return }
        leg.client.receive(bytes, at: MonotonicClock.now())
        drain()
    }

    private func handle(_ bytes: [UInt8], on base: TransportAddress, from source: TransportAddress, at now: Instant) {
        switch agent.receive(bytes, on: base, from: source, at: now) {
        case .handled:
            break
        case .foreign:
            guard let message = try? Message(decoding: bytes) else { return }
            for index in bindings.indices where bindings[index].base == base {
                if bindings[index].client.receive(message, from: source, at: now) { return }
            }
        case .application:
            // DTLS authenticates what it takes; anything else is nobody's (RFC 7983 §7).
            if Endpoint.accepts(bytes) { dtls?.receive(bytes, at: now) }
        }
    }

    // MARK: - Draining

    /// Moves everything that any machine wants moved, until nothing is left, and sets the one timer.
    func drain() {
        guard !isOver else { return }
        let now = MonotonicClock.now()
        var hasMoved = true
        while hasMoved, !isOver {
            hasMoved = drainBindings(at: now)
            hasMoved = drainAgent(at: now) || hasMoved
            hasMoved = drainLegs(at: now) || hasMoved
            hasMoved = drainSCTP(at: now) || hasMoved
            hasMoved = drainDTLS(at: now) || hasMoved
        }
        signalEndOfCandidates(at: now)
        screenBacklog.store(
            channels[.screen].flatMap { id in sctp.map { $0.bufferedAmount(of: id) } } ?? 0, ordering: .relaxed)
        schedule(at: now)
    }

    private func drainBindings(at now: Instant) -> Bool {
        var hasMoved = false
        for index in bindings.indices {
            while let transmit = bindings[index].client.nextTransmit() {
                sockets[bindings[index].base]?.send(transmit.payload, to: transmit.destination)
                hasMoved = true
            }
        }
        for (base, client) in bindings {
            guard case .reflexive(let address, _)? = client.outcome, address != base else { continue }
            offer(.serverReflexive(address, base: base, server: client.server.ip), at: now)
        }
        bindings.removeAll { $0.client.outcome != nil }
        return hasMoved
    }

    private func drainAgent(at now: Instant) -> Bool {
        var hasMoved = false
        while let transmit = agent.nextTransmit() {
            hasMoved = true
            guard let source = transmit.source else { continue }
            send(transmit.payload, from: source, to: transmit.destination, at: now)
        }
        while let event = agent.nextEvent() {
            hasMoved = true
            handle(event, at: now)
        }
        return hasMoved
    }

    private func handle(_ event: Agent.Event, at now: Instant) {
        switch event {
        case .selectedPair(let pair):
            if let leg = leg(of: pair.source) { leg.client.bindChannel(to: pair.destination, at: now) }
            if role == .helper { dtls?.start(at: now) }
            if hasConnected { emit(.pathChanged(description(of: pair))) }
        case .reclassified(let pair):
            if hasConnected { emit(.pathChanged(description(of: pair))) }
        case .pathSilent, .consentLost:
            if hasConnected { emit(.pathLost) }
        case .pathRecovered, .consentRestored:
            if hasConnected, let pair = agent.selectedPair { emit(.pathRecovered(description(of: pair))) }
        case .failed(.noPairSucceeded):
            fail(.noPath)
        case .failed(.peerLost):
            fail(.peerLost)
        }
    }

    private func drainLegs(at now: Instant) -> Bool {
        var hasMoved = false
        for (number, leg) in legs {
            hasMoved = leg.flush() || hasMoved
            while let event = leg.client.nextEvent() {
                hasMoved = true
                handle(event, of: leg, number, at: now)
            }
        }
        return hasMoved
    }

    private func handle(_ event: AllocationClient.Event, of leg: RelayedLeg, _ number: Int, at now: Instant) {
        switch event {
        case .allocated(let relayed, let reflexive, _):
            ladder?.succeeded()
            offer(
                .relayed(
                    relayed, server: leg.server.address.ip, reflexive: reflexive,
                    // A first leg over TCP suffers from every loss twice.
                    localPreference: leg.server.transport == .udp
                        ? Candidate.highestLocalPreference : Candidate.highestLocalPreference / 2),
                at: now)
            for ip in remoteIPs { leg.client.createPermission(for: ip, at: now) }
        case .data(let payload, let peer):
            if let relayed = leg.relayed { handle(payload, on: relayed, from: peer, at: now) }
        case .failed, .lost:
            dropLeg(number)
        case .permissionDenied:
            break
        }
    }

    private func drainDTLS(at now: Instant) -> Bool {
        guard let dtls else { return false }
        var hasMoved = false
        // Before there is a path the answer waits in the endpoint, which sends it again anyway.
        while agent.selectedPair != nil, let packet = dtls.nextTransmit() {
            hasMoved = true
            sendData(packet, at: now)
        }
        while let event = dtls.nextEvent() {
            hasMoved = true
            switch event {
            case .connected:
                startSCTP(at: now)
            case .data(let packet):
                agent.noteAuthenticatedTraffic(at: now)
                sctp?.receive(packet, at: now)
            case .closed:
                finish()
            case .failed(.fingerprintMismatch), .failed(.noPeerCertificate):
                fail(.impostor)
            case .failed(let failure):
                fail(.transport("\(failure)"))
            }
        }
        return hasMoved
    }

    private func startSCTP(at now: Instant) {
        do {
            let association = try Association(role: role == .helper ? .client : .server, at: now)
            sctp = association
            guard role == .helper else { return }
            for channel in Channel.allCases {
                channels[channel] = try association.open(
                    label: channel.rawValue, protocol: "ra/1", ordered: true, reliability: .reliable,
                    priority: channel == .control ? .extraHigh : .normal)
            }
        } catch {
            fail(.transport("\(error)"))
        }
    }

    private func drainSCTP(at now: Instant) -> Bool {
        guard let sctp, let dtls else { return false }
        var hasMoved = false
        while let event = sctp.nextEvent() {
            hasMoved = true
            handle(event)
        }
        while let packet = sctp.nextTransmit() {
            hasMoved = true
            // A packet that DTLS does not take is lost, as any may be: SCTP sends it again.
            try? dtls.send(packet)
        }
        return hasMoved
    }

    private func handle(_ event: Association.Event) {
        switch event {
        case .connected:
            hasConnected = true
            guard let pair = agent.selectedPair else { return fail(.noPath) }
            emit(.connected(description(of: pair)))
            if role == .helper { emit(.ready) }
        case .channelOpened(let opened):
            guard role == .sharer, let channel = Channel(rawValue: opened.label), channels[channel] == nil else { return }
            channels[channel] = opened.id
            if channels.count == Channel.allCases.count { emit(.ready) }
        case .message(let id, _, let bytes):
            guard let channel = channels.first(where: { $0.value == id })?.key else { return }
            switch channel {
            case .control: emit(.message(.control, bytes))
            case .screen: if let message = fragments.receive(bytes) { emit(.message(.screen, message)) }
            }
        case .channelClosed, .bufferedAmountLow:
            break
        case .closed:
            finish()
        case .failed(let failure):
            fail(failure == .aborted ? .peerLost : .transport("\(failure)"))
        }
    }

    /// The other side is done, in order.
    private func finish() {
        guard !isOver else { return }
        isOver = true
        emit(.closed)
        resumeClosers()
    }

    // MARK: - Sending

    private func send(_ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress, at now: Instant) {
        if let socket = sockets[source] {
            socket.send(bytes, to: destination)
        } else if let leg = leg(of: source) {
            leg.client.send(bytes, to: destination, at: now)
            leg.flush()
        }
    }

    /// Sends on the chosen pair, as long as the peer consents to receive (RFC 7675 §5.1).
    private func sendData(_ packet: [UInt8], at now: Instant) {
        guard let pair = agent.selectedPair, agent.maySendData(at: now) else { return }
        send(packet, from: pair.source, to: pair.destination, at: now)
    }

    private func leg(of relayed: TransportAddress) -> RelayedLeg? { legs.values.first { $0.relayed == relayed } }

    // MARK: - Candidates

    func offer(_ candidate: Candidate, at now: Instant) {
        guard agent.addLocalCandidate(candidate, at: now) else { return }
        emit(.localCandidate(line: candidate.sdp, isMapped: candidate.isMapped))
    }

    /// Says that no more candidates come, once gathering has begun and everything asked has answered or failed.
    private func signalEndOfCandidates(at now: Instant) {
        guard !hasSignalledEnd, let ladder, bindings.isEmpty, ladder.isDone else { return }
        hasSignalledEnd = true
        agent.endOfLocalCandidates(at: now)
        emit(.endOfLocalCandidates)
    }

    private func description(of pair: CandidatePair) -> PathDescription {
        let leg = leg(of: pair.source)
        let kind: PathDescription.Kind =
            switch pair.kind {
            case .direct: .direct
            case .mapped: .mapped
            case .punched: .punched
            case .relayed: .relayed
            }
        return PathDescription(
            kind: kind, transport: leg?.server.transport == .tcp ? .tcp : .udp, local: "\(pair.local.address)",
            remote: "\(pair.remote.address)")
    }

    // MARK: - Time

    private func schedule(at now: Instant) {
        timer?.cancel()
        var deadline = Optional.earliest(
            agent.nextDeadline, dtls?.nextDeadline, sctp?.nextDeadline, ladder?.nextDeadline)
        for leg in legs.values { deadline = .earliest(deadline, leg.client.nextDeadline) }
        for binding in bindings { deadline = .earliest(deadline, binding.client.nextDeadline) }
        timer = deadline.map { deadline in
            loop.scheduleTask(in: .nanoseconds(max((deadline - now).nanoseconds, 0))) {
                self.assumeIsolated { $0.handleTimeout() }
            }
        }
    }

    private func handleTimeout() {
        let now = MonotonicClock.now()
        agent.handleTimeout(at: now)
        dtls?.handleTimeout(at: now)
        sctp?.handleTimeout(at: now)
        for leg in legs.values { leg.client.handleTimeout(at: now) }
        for index in bindings.indices { bindings[index].client.handleTimeout(at: now) }
        climbLadder(at: now)
        drain()
    }
}
