import HostNetwork
import Logging
import NIOCore
import Rendezvous
import Session

// The way to the node of a fleet at which the sharer waits.
extension JoinFlow {
    /// How long a node that does not answer is left alone: a sharer whose node has died is at another within ten seconds, and the
    /// fleet knows that it is dead within six.
    private static let pause = Duration.seconds(2)

    private static let maximumReturns = 4
    /// How long one way to a node that we were sent to may take: it may have vanished a moment ago, and the one that sent us knows soon.
    private static let followedPatience = TimeAmount.seconds(3)

    /// How often a look-up is made again that the relay cannot answer yet, and how long after the one before: until a sharer whose node has
    /// died is at another.
    static let maximumLaters = 10
    private static let latersPause = TimeAmount.seconds(1)

    /// Opens the WebSocket to `trust`'s relay; what comes by one from before is not heard any more.
    func openSocket() async throws(FlowError) -> (socket: RendezvousSocket, relay: RelayDiscovery.Relay) {
        opening += 1
        let number = opening
        let patience = trust.url == options.relay ? .seconds(6) : Self.followedPatience
        return try await Meeting.connect(to: trust, proxy: options.proxy, patience: patience, loop: loop) { event in
            self.assumeIsolated { if $0.opening == number { $0.received(event) } }
        }
    }

    /// Asks the node that the one before has named.
    func follow(_ url: RelayURL) {
        guard redirects.follow(url, from: trust.url) else { return finishInCircles() }
        ClientLog.step("the other side is at another node")
        leaveSocket()
        trust = RelayTrust(url)
        Task { await self.ask() }
    }

    /// Looks up again in a moment: the node where the other side waited is gone, or the relay's database is away.
    func askLater(_ code: RelayErrorCode) {
        guard laters < Self.maximumLaters else {
            return finish(
                code.endReason,
                "The relay cannot find the other side at the moment: ask them whether they still wait, and try again in a minute.")
        }
        if laters == 0 { printer.note("The relay looks for the other side…") }
        laters += 1
        loop.scheduleTask(in: Self.latersPause) { self.assumeIsolated { $0.lookAgain() } }
    }

    private func lookAgain() {
        guard !isOver else { return }
        client = HelperClient(invitation: options.invitation, identity: options.person)
        guard let socket, socket.isOpen else {
            leaveSocket()
            Task { await self.ask() }
            return
        }
        client.connectionOpened(at: MonotonicClock.now())
        drainRendezvous()
    }

    private func ask() async {
        do throws(FlowError) {
            try await arrive()
        } catch {
            // It may have died a moment ago: the sharer then is at another, of which the first relay knows.
            guard trust.url != options.relay, returns < Self.maximumReturns else { return finish(error.reason, error.detail) }
            returns += 1
            try? await Task.sleep(for: Self.pause)
            guard !isOver else { return }
            trust = RelayTrust(options.relay)
            await ask()
        }
    }

    private func arrive() async throws(FlowError) {
        let (socket, relay) = try await openSocket()
        guard socket.isOpen, !isOver else {
            socket.close()
            throw FlowError(.relayLost, "The relay closed the connection.")
        }
        self.socket = socket
        self.relay = relay
        client.connectionOpened(at: MonotonicClock.now())
        drainRendezvous()
    }

    private func leaveSocket() {
        opening += 1
        socket?.close()
        socket = nil
    }

    private func finishInCircles() {
        finish(FlowError.inCircles.reason, FlowError.inCircles.detail)
    }
}
