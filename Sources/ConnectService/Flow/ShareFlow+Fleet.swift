import HostNetwork
import Logging
import NIOCore
import NetPrimitives
import Rendezvous
import Session

// The relay is lost while we wait for a helper, or sends us to another node: the invitation comes along.
extension ShareFlow {
    /// All who have lost the same node do not come back in the same moment.
    private static let jitter = Duration.seconds(1)
    /// Between two rounds through the nodes; doubled after each.
    private static let shortestPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(10)
    /// A relay that cannot take the invitation back now is asked again: its database may be away for a while.
    private static let resumePause = TimeAmount.seconds(5)

    func beginReconnecting(with preferred: RelayURL? = nil) {
        guard relayLostAt == nil else { return }  // it is being done
        relayLostAt = MonotonicClock.now()
        Task { await self.reconnect(to: preferred, from: trust.url) }
    }

    private func reconnect(to preferred: RelayURL?, from former: RelayURL) async {
        var random = SystemRandomNumberGenerator()
        var pause = Self.shortestPause
        // A fleet's node that is lost is everybody's; a relay that is alone may be back by now.
        if preferred == nil, route.hasOthers { try? await Task.sleep(for: Self.jitter * Double.random(in: 0...1)) }
        while !isOver, let lost = relayLostAt {
            guard MonotonicClock.now() - lost < Self.relayPatience else {
                return finish(.relayLost, "The relay has been away for a minute.")
            }
            do throws(FlowError) {
                return try await connect(to: route.round(preferring: preferred, after: former, using: &random))
            } catch {
                ClientLog.relay.debug("no node answers", metadata: ["why": "\(error.detail)"])
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// Has a session that a node carries survive that node's death, where there are others.
    func keepSpare() {
        guard route.hasOthers, let peer else { return }
        var random = SystemRandomNumberGenerator()
        let spare = SpareRelay(home: trust.url, others: route.shuffled(using: &random), at: MonotonicClock.now())
        let (proxy, names, loop) = (options.proxy, names, loop)
        peer.assumeIsolated {
            $0.keepSpare(spare) { node in
                try await NodeServers.find(at: node, proxy: proxy, resolver: names, loop: loop)
            }
        }
    }

    /// To the node that ours has named.
    func move(to url: RelayURL) {
        guard meeting == nil, !isOver else { return }
        ClientLog.step("the relay sends us to another node")
        opening = 0
        socket?.close()
        socket = nil
        client.connectionClosed()
        drainRendezvous()
        // Nodes that send each other's clients in circles are as good as lost.
        beginReconnecting(with: redirects.follow(url, from: trust.url) ? url : nil)
    }

    /// What the relay does not do for us now. While somebody is here it does not matter; an invitation that there is already is asked
    /// for again.
    func refused(_ code: RelayErrorCode) {
        guard meeting == nil else { return }
        guard client.invitation != nil, code == .unavailable || code == .busy || code == .rateLimited else {
            return finish(code.endReason, code.description)
        }
        printer.note("The relay cannot take the invitation back yet: \(code.description)")
        loop.scheduleTask(in: Self.resumePause) {
            self.assumeIsolated { flow in
                guard flow.socket != nil, flow.meeting == nil, !flow.isOver else { return }
                flow.reopened()
            }
        }
    }
}
