import HostNetwork
import Logging
import NIOCore
import Rendezvous
import Session

// The way to the node of a fleet at which the sharer waits.
extension JoinFlow: NodeSeeking {
    /// Opens the WebSocket to `trust`'s relay; what comes by one from before is not heard any more.
    func openSocket() async throws(FlowError) -> (socket: RendezvousSocket, relay: RelayDiscovery.Relay) {
        opening += 1
        let number = opening
        return try await Meeting.connect(to: trust, proxy: options.proxy, patience: TimeAmount(search.patience), loop: loop) { event in
            self.assumeIsolated { if $0.opening == number { $0.received(event) } }
        }
    }

    func arrive() async throws(FlowError) {
        if trust.url != search.place {
            ClientLog.step("the other side is looked for at another node")
            trust = RelayTrust(search.place)
        }
        let (socket, relay) = try await openSocket()
        guard socket.isOpen, !isOver else {
            socket.close()
            throw FlowError(.relayLost, "The relay closed the connection.")
        }
        search.learn(relay.description)
        self.socket = socket
        self.relay = relay
        client.connectionOpened(at: MonotonicClock.now())
        drainRendezvous()
    }

    func askAgain() -> Bool {
        client = HelperClient(invitation: options.invitation, identity: options.person)
        guard let socket, socket.isOpen else { return false }
        client.connectionOpened(at: MonotonicClock.now())
        drainRendezvous()
        return true
    }

    func leaveNode() {
        opening += 1
        socket?.close()
        socket = nil
    }
}
