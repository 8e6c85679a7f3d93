import HostNetwork
import ICE
import Logging
import NIOCore
import NetPrimitives
import PortMapping
import Rendezvous
import SCTP

// This computer is suspended, and wakes: the peer is told before, so that it waits, and what was known of the network is
// looked at anew afterwards.
extension PeerConnection {
    /// How long the suspension waits for the peer to hear of it: a round trip over a slow line, and one repetition.
    private static let farewell = TimeAmount.milliseconds(1500)
    /// Who wakes notices it in more than one way.
    private static let oneWaking = Duration.seconds(5)

    /// Begins to tell the peer of this computer's suspensions.
    func followSuspensions() {
        guard suspensions == nil, !isOver else { return }
        suspensions = SuspensionWatch(
            sleeps: { done in
                self.loop.execute { self.assumeIsolated { $0.prepareForSuspension(done: done) } }
            },
            wakes: { self.loop.execute { self.assumeIsolated { $0.wake() } } })
    }

    /// Tells the peer that this computer is about to sleep; done when it has had the time to hear it.
    func prepareForSuspension(done: @escaping @Sendable () -> Void) {
        guard !isOver, let id = channels[.path], let sctp else { return done() }
        ClientLog.path.info("this computer is about to sleep")
        try? sctp.send(PeerPayload.suspended.text, on: id, kind: .text)
        drain()
        loop.scheduleTask(in: Self.farewell) { done() }
    }

    /// This computer is awake: it may be in another network, and what routers and relays knew of it is out of date.
    func wake() {
        let now = MonotonicClock.now()
        guard !isOver, isReady, wokenAt.map({ now - $0 >= Self.oneWaking }) ?? true else { return }
        wokenAt = now
        ClientLog.path.info("this computer is awake")
        if let id = channels[.path] { try? sctp?.send(PeerPayload.awake.text, on: id, kind: .text) }
        lookAtAddresses()
        renewLegs(at: now)
        followNetwork(at: now)
    }

    /// Where nobody tells of it.
    func noticeWaking(at now: Instant) {
        if suspensionClock.hasSlept(monotonic: now, boot: RouterClock.now()) { wake() }
    }

    /// Whether the peer's computer is suspended, as far as is known here.
    var isPeerSuspended: Bool { agent.isPeerSuspended }

    /// The peer speaks of its computer's sleep, or by another way than the path.
    func peerSuspends() {
        guard agent.peerSuspends(at: MonotonicClock.now()) else { return }
        emit(.peerSuspended)
        drain()
    }

    /// - Parameter elsewhere: it was not said, but the peer was heard at the rendezvous.
    func peerWakes(heard elsewhere: Bool = false) {
        guard !isOver else { return }
        let now = MonotonicClock.now()
        if elsewhere { agent.peerReturned(at: now) } else { agent.peerWakes(at: now) }
        drain()
    }

    /// Whether it is time to ask servers and routers anew, since nobody answers. One who is asleep is not expected to; what
    /// has become of this side's addresses meanwhile must be known when he is awake, and not every few seconds.
    func asksForHelp(at now: Instant) -> Bool {
        if isPeerSuspended, let askedForHelpAt, now - askedForHelpAt < Self.helpInterval { return false }
        askedForHelpAt = now
        return true
    }

    private static let helpInterval = Duration.seconds(30)
}
