import HostNetwork
import ICE
import Logging
import NIOCore
import NIOPosix
import NIOTransport
import NetPrimitives
import STUN

// TCP candidates' connections (RFC 6544): those that the door has let in, and those that we open where the peer listens.
extension PeerConnection {
    /// Connections at most, of which the one that was silent for longest goes: several addresses of ours to several of the peer's,
    /// in IPv4 and IPv6, before and after a change of network.
    static let streamLimit = 32

    func nextStreamNumber() -> Int {
        lastStream += 1
        return lastStream
    }

    // MARK: Sending

    /// Sends a packet on the connection, which is opened if it is ours to open.
    func send(_ packet: [UInt8], on ends: StreamEnds, at now: Instant) {
        if let stream = streams[ends] {
            guard ends.isActive, stream.isStuck(at: now) else { return stream.send(packet, at: now) }
            // Packets may be lost: a check has to be the first on the next connection.
            return drop(stream, at: now)
        }
        guard ends.isActive, dialler.ask(ends, packet: packet, at: now) else {
            return agent.connectionFailed(from: ends.base, to: ends.remote, at: now)
        }
        dial(at: now)
    }

    // MARK: Opening

    /// As soon as the peer listens somewhere: a candidate that could be paired with nothing is told to nobody.
    func connectActively(at now: Instant) {
        guard !isActive else { return }
        isActive = true
        for socket in sockets.keys { offerActive(socket.ip, at: now) }
    }

    /// Offers to open connections from an address.
    func offerActive(_ ip: IPAddress, at now: Instant) {
        guard isActive else { return }
        offer(.activeTCP(ip, localPreference: localPreferences[ip] ?? Candidate.highestLocalPreference), at: now)
    }

    /// Opens the connections whose time has come.
    func dial(at now: Instant) {
        while !isOver, let ends = dialler.next(at: now) {
            let number = nextStreamNumber()
            Task { await self.open(number, ends) }
        }
    }

    private func open(_ number: Int, _ ends: StreamEnds) async {
        ClientLog.path.debug("connecting", metadata: ["from": "\(ends.base.ip)", "to": "\(ends.remote)"])
        let channel = try? await ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(Dialler.patience(to: ends.remote.ip)))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        StreamHandler { event in self.assumeIsolated { $0.received(event, on: number, ends) } })
                }
            }
            .bind(to: SocketAddress(TransportAddress(ip: ends.base.ip, port: 0)))
            .connect(to: SocketAddress(ends.remote)).get()
        let now = MonotonicClock.now()
        let packets = dialler.finish(ends)
        guard let channel, channel.isActive, let packets, !isOver else {
            channel?.close(promise: nil)
            // Of one that is not wanted any more nobody has to know.
            if packets != nil { agent.connectionFailed(from: ends.base, to: ends.remote, at: now) }
            dial(at: now)
            return drain()
        }
        let stream = PacketStream(number, ends, channel: channel, at: now)
        keep(stream, at: now)
        for packet in packets { stream.send(packet, at: now) }
        dial(at: now)
        drain()
    }

    func keep(_ stream: PacketStream, at now: Instant) {
        if let old = streams.removeValue(forKey: stream.ends) {
            old.close()
        } else if let leaving = leaving(for: stream) {
            drop(leaving, at: now)
        }
        streams[stream.ends] = stream
    }

    /// Whose place a new one takes; nil while there is room. Those that came in by the door and have not answered a check of
    /// ours have no more places than the door itself, in all and of one household: a check that was heard elsewhere can be
    /// played back on many connections, each of which teaches the agent an address.
    private func leaving(for stream: PacketStream) -> PacketStream? {
        let others = streams.values.filter { $0.ends != streamInUse }
        if !stream.ends.isActive {
            let unanswered = others.filter { !$0.ends.isActive && !$0.isAnswered }
            let neighbours = unanswered.filter { $0.ends.remote.ip.household == stream.ends.remote.ip.household }
            if neighbours.count >= Guests.limitOfSource { return neighbours.min { $0.openedAt < $1.openedAt } }
            if unanswered.count >= Guests.limit { return unanswered.min { $0.openedAt < $1.openedAt } }
        }
        guard streams.count >= Self.streamLimit else { return nil }
        return others.min { ($0.isAnswered ? 1 : 0, $0.heardAt) < ($1.isAnswered ? 1 : 0, $1.heardAt) }
    }

    /// That which data flows on.
    private var streamInUse: StreamEnds? {
        agent.dataPair.flatMap { $0.transport == .tcp ? StreamEnds(base: $0.source, remote: $0.destination) : nil }
    }

    // MARK: Receiving

    /// Called by the channel of a connection, whoever opened it.
    func received(_ event: StreamSocket.Event, on number: Int, _ ends: StreamEnds) {
        guard !isOver else { return }
        let stream = streams[ends].flatMap { $0.number == number ? $0 : nil }
        switch event {
        case .bytes(let bytes):
            guard let stream else { return received(bytes, fromGuest: number, ends) }
            let now = MonotonicClock.now()
            for packet in stream.receive(bytes, at: now) {
                // Somebody else's service may say what it likes, but not to us.
                guard stream.isProven || Message.looksLike(packet) else {
                    drop(stream, at: now)
                    break
                }
                if take(packet, from: ends, at: now) { stream.isProven = true }
                guard streams[ends] === stream else { break }
            }
            noteAnswer(on: stream)
            drain()
        case .closed:
            door?.release(number)
            guard let stream else { return }
            drop(stream, at: MonotonicClock.now())
            drain()
        }
    }

    /// The peer is known to be there as soon as it has answered on the connection.
    private func noteAnswer(on stream: PacketStream) {
        let ends = stream.ends
        guard !stream.isAnswered, agent.hasAnswered(on: ends.base, from: ends.remote, transport: .tcp) else { return }
        stream.isAnswered = true
        if ends.isActive { dialler.met(ends.remote) }
    }

    /// - Returns: whether it was of ICE.
    @discardableResult
    func take(_ packet: [UInt8], from ends: StreamEnds, at now: Instant) -> Bool {
        handle(packet, on: ends.base, from: ends.remote, transport: .tcp, at: now)
    }

    // MARK: Ends

    /// The connection is over, for whatever reason.
    private func drop(_ stream: PacketStream, at now: Instant) {
        // Closing tells us of it at once, when it is nobody's any more.
        guard streams[stream.ends] === stream else { return }
        streams[stream.ends] = nil
        stream.close()
        if stream.ends.isActive { dialler.ended(stream.ends, openedAt: stream.openedAt, at: now) }
        ClientLog.path.debug("a connection is over", metadata: ["to": "\(stream.ends.remote)"])
        agent.connectionFailed(from: stream.ends.base, to: stream.ends.remote, at: now)
    }

    /// An address of ours is gone.
    func forgetStreams(of ip: IPAddress, at now: Instant) {
        for address in doorAddresses where address.ip == ip { closeDoor(at: address) }
        forgetStreams(at: TransportAddress(ip: ip, port: Candidate.unknownPort), at: now)
    }

    /// One of our ends is gone, with what came to it, or went from it. The agent is told first: a connection that ends there is
    /// not to be opened again.
    func forgetStreams(at base: TransportAddress, at now: Instant) {
        agent.removeLocalCandidates(base: base, at: now)
        dialler.forget(base: base)
        for stream in streams.values where stream.ends.base == base { drop(stream, at: now) }
    }

    /// When a connection is to be opened, or given up.
    var streamDeadline: Instant? {
        var deadline = Optional.earliest(dialler.nextDeadline, door?.nextDeadline)
        guard !streams.isEmpty else { return deadline }
        let inUse = streamInUse
        for stream in streams.values where stream.ends != inUse { deadline = .earliest(deadline, stream.deadline) }
        return deadline
    }

    func handleStreamTimeout(at now: Instant) {
        door?.handleTimeout(at: now)
        let inUse = streamInUse
        for stream in streams.values where stream.ends != inUse && stream.deadline <= now { drop(stream, at: now) }
        dial(at: now)
    }

    func closeStreams() {
        door?.close()
        for stream in streams.values { stream.close() }
        streams = [:]
    }
}
