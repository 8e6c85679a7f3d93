import HostNetwork
import Logging
import NIOCore
import NIOTransport
import NetPrimitives

/// Gets the rendezvous back in mid-session: opens the WebSockets that follow the first one, when the network has changed, when
/// the last one is lost, or when nothing comes from the peer.
///
/// A session does not need it as long as it has a path. When both sides change their network in the same moment, it is the
/// only place that both know.
actor Rejoiner {
    enum Event: Sendable {
        /// There is another WebSocket, on which nothing was said yet. What comes of the one before is not told any more.
        case opened(RendezvousSocket)
        case text([UInt8])
        case closed
    }

    enum Reason: Sendable { case networkChanged, connectionLost, pathUnanswered }

    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    private let trust: RelayTrust
    private let proxy: ProxyRule?
    private let receive: @Sendable (Event) -> Void
    /// The way that has led there last.
    private var relay: RelayDiscovery.Relay
    private var schedule = RejoinSchedule(at: MonotonicClock.now())
    /// How many WebSockets were asked for.
    private var attempts = 0
    /// The one that counts, of those that were opened; 0 is the session's first.
    private(set) var current = 0
    private var timer: Scheduled<Void>?

    /// - Parameter receive: called on `loop`.
    init(
        relay: RelayDiscovery.Relay, trust: RelayTrust, proxy: ProxyRule?, loop: any EventLoop,
        receive: @escaping @Sendable (Event) -> Void
    ) {
        self.relay = relay
        self.trust = trust
        self.proxy = proxy
        self.loop = loop
        self.receive = receive
    }

    /// Something has happened that may make another WebSocket necessary.
    func note(_ reason: Reason) {
        let now = MonotonicClock.now()
        switch reason {
        case .networkChanged: schedule.networkChanged(at: now)
        case .connectionLost: schedule.connectionLost(at: now)
        case .pathUnanswered: schedule.pathUnanswered(at: now)
        }
        proceed()
    }

    /// The relay has let us in. It may have said so before the network changed once more: then that counts.
    func succeeded() {
        guard current == attempts else { return }
        schedule.succeeded(at: MonotonicClock.now())
        proceed()
    }

    /// The relay has forgotten the meeting, or the session is over.
    func giveUp() {
        schedule.giveUp()
        proceed()
    }

    private func proceed() {
        let now = MonotonicClock.now()
        if schedule.beginsAttempt(at: now) {
            attempts += 1
            let number = attempts
            Task { await self.attempt(number) }
        }
        timer?.cancel()
        timer = schedule.nextDeadline.map { deadline in
            loop.scheduleTask(in: .until(deadline, from: now)) { self.assumeIsolated { $0.proceed() } }
        }
    }

    /// By the way that is known, and every other time by whichever there is: another network may let other ports out.
    private func attempt(_ number: Int) async {
        let receive: @Sendable (RendezvousSocket.Event) -> Void = { event in
            self.assumeIsolated { $0.received(event, on: number) }
        }
        do {
            let socket: RendezvousSocket
            if number.isMultiple(of: 2) {
                (socket, relay) = try await Meeting.connect(to: trust, proxy: proxy, loop: loop, receive: receive)
            } else {
                socket = try await RendezvousSocket.connect(
                    to: relay.endpoint, by: relay.route, trust: trust, timeout: .seconds(3), loop: loop, receive: receive)
            }
            // The network may have changed once more, and the session may be over.
            guard number == attempts, schedule.nextDeadline != nil else { return socket.close() }
            guard socket.isOpen else { return failed(number) }
            current = number
            self.receive(.opened(socket))
        } catch {
            ClientLog.relay.debug("the rendezvous cannot be reached", metadata: ["why": "\(error)"])
            failed(number)
        }
    }

    private func failed(_ number: Int) {
        guard number == attempts else { return }
        schedule.failed(at: MonotonicClock.now())
        proceed()
    }

    private func received(_ event: RendezvousSocket.Event, on number: Int) {
        guard number == current else { return }
        switch event {
        case .text(let text): receive(.text(text))
        case .closed: receive(.closed)
        }
    }
}
