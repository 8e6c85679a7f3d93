import DTLS
import HostNetwork
import ICE
import NIOCore
import NetPrimitives
import SCTP
import STUN
import Session
import Synchronization
import TURN

// The one place where every machine is emptied: what it wants sent is sent, what it tells is acted on.
extension PeerConnection {
    /// Moves everything that any machine wants moved, until nothing is left, and sets the one timer.
    func drain() {
        // Whoever is at it already takes along what a nested call has queued.
        guard !isOver, !isDraining else { return }
        isDraining = true
        defer { isDraining = false }
        let now = MonotonicClock.now()
        var hasMoved = true
        while hasMoved, !isOver {
            // What somebody waits for on the path comes before what is signalled.
            hasMoved = drainSCTP(at: now)
            hasMoved = drainDTLS(at: now) || hasMoved
            hasMoved = drainLegs(at: now) || hasMoved
            hasMoved = drainBindings(at: now) || hasMoved
            hasMoved = drainAgent(at: now) || hasMoved
        }
        tendSpare(at: now)
        signalEndOfCandidates(at: now)
        announceConnection(at: now)
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
        var answered: Set<TransportAddress> = []
        for (base, client) in bindings where !answered.contains(base) {
            guard case .reflexive(let address, _)? = client.outcome else { continue }
            answered.insert(base)
            reflexive[base] = address.ip
            guard address != base else { continue }
            offer(
                .serverReflexive(address, base: base, server: client.server.ip, localPreference: localPreference(of: base)),
                at: now)
        }
        // Where a NAT has another port for each destination, what a second server saw is of no use to the peer either.
        bindings.removeAll { $0.client.outcome != nil || answered.contains($0.base) }
        return hasMoved
    }

    private func drainAgent(at now: Instant) -> Bool {
        var hasMoved = false
        while let transmit = agent.nextTransmit() {
            hasMoved = true
            guard let source = transmit.source else { continue }
            switch transmit.transport {
            case .udp: send(transmit.payload, from: source, to: transmit.destination, at: now)
            case .tcp: send(transmit.payload, on: StreamEnds(base: source, remote: transmit.destination), at: now)
            }
        }
        while let event = agent.nextEvent() {
            hasMoved = true
            handle(event, at: now)
        }
        while let signal = agent.nextSignal() {
            hasMoved = true
            tell(signal)
        }
        if wasUnanswered, !agent.isUnanswered { wakeTransport(at: now) }
        wasUnanswered = agent.isUnanswered
        return hasMoved
    }

    /// There is a way again. SCTP would wait for its retransmission timeout, which has grown to two seconds meanwhile; an
    /// acknowledgement wakes it. What it sent last into the dark is the oldest that is missing, and brings one. If it had
    /// arrived, DTLS takes it for a replay.
    private func wakeTransport(at now: Instant) {
        guard hasConnected, let lastRecord else { return }
        sendData(lastRecord, at: now)
    }

    private func handle(_ event: RestartingAgent.Event, at now: Instant) {
        switch event {
        case .path(let pair, let reason):
            ClientLog.step("a path is chosen", ["path": "\(pair.kind)", "why": "\(reason)"])
            firstPathAt = firstPathAt ?? now
            noteCarrier(at: now)
            if pair.transport == .udp { leg(of: pair.source)?.client.bindChannel(to: pair.destination, at: now) }
            if role == .helper { dtls?.start(at: now) }
            if hasConnected { emit(.pathChanged(description(of: pair), reason)) }
            switch reason {
            case .first, .better: break
            case .lost, .networkChanged: wakeTransport(at: now)
            }
        case .pathLost:
            if hasConnected { emit(.pathLost) }
        case .restarted:
            if !hasJustAsked { gatherReflexiveAgain(at: now) }
        case .unanswered:
            guard asksForHelp(at: now) else { break }
            // A router that has rebooted, a NAT that has forgotten: our addresses look the same from here, and from nowhere else.
            gatherReflexiveAgain(at: now)
            renewLegs(at: now)
            emit(.unanswered)
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
            // One that was left, and now the server knows.
            if leg.client.isFinished, legs[number] === leg { dropLeg(number) }
        }
        return hasMoved
    }

    private func handle(_ event: AllocationClient.Event, of leg: RelayedLeg, _ number: Int, at now: Instant) {
        switch event {
        case .allocated(let relayed, let reflexive, _):
            allocated(on: leg, at: now)
            offer(
                .relayed(
                    relayed, server: leg.client.server.ip, reflexive: reflexive, localPreference: leg.localPreference),
                at: now)
            retireOldLegs()
            for ip in remoteIPs { leg.client.createPermission(for: ip, at: now) }
        case .data(let payload, let peer):
            if let relayed = leg.relayed { handle(payload, on: relayed, from: peer, at: now) }
        case .failed(.tryAlternate(let address)):
            redirect(leg, number, to: address, at: now)
        case .failed, .lost:
            dropLeg(number)
        case .unreachable:
            break  // the agent's own checks decide, which nobody on the way can forge
        case .permissionDenied:
            break
        }
    }

    private func drainDTLS(at now: Instant) -> Bool {
        guard let dtls else { return false }
        var hasMoved = false
        // Before there is a path the answer waits in the endpoint, which sends it again anyway.
        while agent.dataPair != nil, let packet = dtls.nextTransmit() {
            hasMoved = true
            lastRecord = packet
            sendData(packet, at: now)
        }
        while let event = dtls.nextEvent() {
            hasMoved = true
            switch event {
            case .connected:
                ClientLog.step("DTLS is finished")
                startSCTP(at: now)
            case .data(let packet):
                if let (base, remote, transport) = lastOrigin {
                    agent.noteAuthenticatedTraffic(on: base, from: remote, transport: transport, at: now)
                }
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
            let association = try Association(role: role == .helper ? .client : .server, configuration: Self.associationBounds, at: now)
            sctp = association
            guard role == .helper else { return }
            for channel in Channel.allCases {
                channels[channel] = try association.open(
                    label: channel.rawValue, protocol: "ra/1", ordered: true, reliability: .reliable,
                    priority: channel == .screen ? .normal : .extraHigh)
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
            isAssociated = true
            guard role == .helper else { return }
            // What the rendezvous has lost meanwhile comes by the path, when the handshakes are out of the way.
            loop.execute { self.assumeIsolated { $0.signalOnPath() } }
        case .channelOpened(let opened):
            guard role == .sharer, let channel = Channel(rawValue: opened.label), channels[channel] == nil else {
                return sideChannelOpened(opened)
            }
            channels[channel] = opened.id
            // What the rendezvous has lost meanwhile comes this way.
            if channel == .path { agent.signalAgain() }
            becomeReady()
        case .message(let id, _, let bytes):
            guard let channel = channels.first(where: { $0.value == id })?.key else {
                return receivedOnSide(bytes, id)
            }
            switch channel {
            case .control where isReady: emit(.message(.control, bytes))
            case .control: if early.count < Self.earlyLimit { early.append(bytes) }
            case .path: received(signal: bytes)
            case .screen: if let message = fragments.receive(bytes) { emit(.message(.screen, message)) }
            }
        case .channelClosed(let id):
            if sideChannels.forget(id) { emit(.side(.closed(SideChannel(id: id)))) }
        case .bufferedAmountLow(let id):
            if sideChannels.isOpen(id) { emit(.side(.hasRoom(SideChannel(id: id)))) }
        case .closed:
            finish()
        case .failed(let failure):
            fail(failure == .aborted ? .peerLost : .transport("\(failure)"))
        }
    }

    private func signalOnPath() {
        agent.signalAgain()
        drain()
    }

    /// A path that is chosen within so much time of the first one is the one that people read of. The handshakes take
    /// longer than that, but in a network without delays.
    static let pathPatience = Duration.milliseconds(60)

    private func announceConnection(at now: Instant) {
        guard isAssociated, !hasConnected, !isOver, let firstPathAt, let pair = agent.dataPair else { return }
        guard agent.active.selectedPair != nil || firstPathAt + Self.pathPatience <= now else { return }
        hasConnected = true
        emit(.connected(description(of: pair)))
        becomeReady()
    }

    private func becomeReady() {
        guard hasConnected, !isReady, channels.count == Channel.allCases.count else { return }
        isReady = true
        followSuspensions()
        emit(.ready)
        for bytes in early { emit(.message(.control, bytes)) }
        early = []
    }

    /// The other side is done, in order.
    private func finish() {
        guard !isOver else { return }
        isOver = true
        emit(.closed)
        resumeClosers()
    }
}
