import HostNetwork
import ICE
import NIOCore
import NetPrimitives
package import Rendezvous
import SCTP
import TURN

// What the two agents tell each other. Before there is a path it goes through the rendezvous; later by both ways, since
// either may be gone. What comes twice changes nothing the second time.
extension PeerConnection {
    /// An answer is many times as long as the question.
    private static let repetitionAllowance = RateLimit.Allowance(burst: 4, interval: .seconds(1))

    /// Tells the peer again what holds of the session under way: it may not have heard it. One that comes back again and again
    /// is told once a second: the newest connection is the one that can hear it.
    func signalAgain() {
        guard !isOver, !isRepetitionDue else { return }
        guard repetitions.take(1, of: Self.repetitionAllowance, at: MonotonicClock.now()) else {
            isRepetitionDue = true
            loop.scheduleTask(in: .seconds(1)) {
                self.assumeIsolated {
                    $0.isRepetitionDue = false
                    $0.signalAgain()
                }
            }
            return
        }
        agent.signalAgain()
        drain()
    }

    /// Takes what the peer signals, whichever way it came.
    package func receive(_ payload: PeerPayload) {
        guard !isOver, let signal = RestartingAgent.Signal(payload) else { return }
        let now = MonotonicClock.now()
        if case .candidate(_, let candidate) = signal {
            // A peer has no business on our own machine, but in a trial on one.
            let isOurs = candidate.transport == .tcp && sockets.keys.contains { $0.ip == candidate.address.ip }
            guard !candidate.address.ip.isLoopback && !isOurs || isTrial else { return }
        }
        guard agent.receive(signal, at: now) else { return }
        if case .candidate(_, let candidate) = signal {
            switch candidate.transport {
            case .udp:
                permit(candidate.address.ip, at: now)
                if candidate.type != .relayed { emit(.peerToldOf(candidate.address)) }
            case .tcp: if candidate.tcpType == .passive { connectActively(at: now) }
            }
        }
        drain()
    }

    /// Whether everything is on one machine.
    private var isTrial: Bool {
        sockets.keys.contains { $0.ip.isLoopback } || relayServers.contains { $0.ip?.isLoopback == true }
    }

    /// Peers that have moved far leave addresses behind; a relay grants so many and no more.
    private static let remoteLimit = 64

    private func permit(_ ip: IPAddress, at now: Instant) {
        if !remoteIPs.contains(ip) {
            if remoteIPs.count >= Self.remoteLimit { remoteIPs.removeFirst() }
            remoteIPs.append(ip)
        }
        for leg in legs.values { leg.client.createPermission(for: ip, at: now) }
    }

    /// A signal that came on the path.
    func received(signal bytes: [UInt8]) {
        guard let payload = try? PeerPayload(parsing: bytes) else { return }
        switch payload {
        case .candidate, .endOfCandidates, .restart: receive(payload)
        case .suspended: peerSuspends()
        case .awake: peerWakes()
        // Who the peer is, and when it leaves, is not said here.
        case .description, .again, .card, .bye: break
        }
    }

    /// What a peer that comes now has to be told: nobody keeps what was signalled before.
    var standingOffer: [PeerPayload] { agent.offer.map(PeerPayload.init) }

    func tell(_ signal: RestartingAgent.Signal) {
        let payload = PeerPayload(signal)
        emit(.signal(payload))
        if let id = channels[.path] { try? sctp?.send(payload.text, on: id, kind: .text) }
    }
}

extension PeerPayload {
    init(_ signal: RestartingAgent.Signal) {
        switch signal {
        case .restart(let generation, let credentials):
            self = .restart(
                generation: generation, usernameFragment: credentials.usernameFragment, password: credentials.password)
        case .candidate(let generation, let candidate):
            self = .candidate(line: candidate.sdp, isMapped: candidate.isMapped, generation: generation)
        case .endOfCandidates(let generation): self = .endOfCandidates(generation: generation)
        }
    }
}

extension RestartingAgent.Signal {
    /// Nil for what is no signal, or holds something that we cannot use.
    init?(_ payload: PeerPayload) {
        switch payload {
        case .restart(let generation, let usernameFragment, let password):
            guard let credentials = Credentials(usernameFragment: usernameFragment, password: password) else {
                return nil
            }
            self = .restart(generation: generation, credentials)
        case .candidate(let line, let isMapped, let generation):
            guard let candidate = Meeting.candidate(line: line, isMapped: isMapped) else { return nil }
            self = .candidate(generation: generation, candidate)
        case .endOfCandidates(let generation): self = .endOfCandidates(generation: generation)
        case .description, .again, .suspended, .awake, .card, .bye: return nil
        }
    }
}
