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

    /// Opens the WebSocket to `trust`'s relay; what comes by one from before is not heard any more.
    func openSocket() async throws(FlowError) -> (socket: RendezvousSocket, relay: RelayDiscovery.Relay) {
        opening += 1
        let number = opening
        return try await Meeting.connect(to: trust, proxy: options.proxy, loop: loop) { event in
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
        finish(.error, "The relays send us from one to the other: try again in a few seconds, or tell who runs them.")
    }
}
