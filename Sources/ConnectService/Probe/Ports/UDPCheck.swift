import Foundation
import HostNetwork
package import NetPrimitives
import STUN

/// Asks one UDP port for a STUN answer, again and again until its time is over (RFC 8489 §6.2.1).
package struct UDPCheck: Sendable {
    private let patience: Duration

    package init(patience: Duration) { self.patience = patience }

    package func run(to remote: TransportAddress) async -> Outbound {
        await withCheckedContinuation { continuation in
            // The socket's calls block, for `patience` at most.
            Thread.detachNewThread { continuation.resume(returning: ask(remote)) }
        }
    }

    private func ask(_ remote: TransportAddress) -> Outbound {
        do {
            return try converse(over: try ConnectedDatagramSocket(to: remote), with: remote)
        } catch let failure as ConnectedDatagramSocket.Failure {
            return Outbound(errno: failure.errno, patience: patience)
        } catch {
            return Outbound(failure: error, patience: patience)
        }
    }

    private func converse(
        over socket: consuming ConnectedDatagramSocket, with remote: TransportAddress
    ) throws(ConnectedDatagramSocket.Failure) -> Outbound {
        var random = SystemRandomNumberGenerator()
        let start = MonotonicClock.now()
        let end = start + patience
        var client = BindingClient(server: remote, timing: ProbePatience.timing(within: patience), random: &random, at: start)
        // A datagram is easily forged: after a stranger's the relay's own may still come.
        var stranger: Stranger?
        var now = start
        while now < end {
            client.handleTimeout(at: now)
            while let transmit = client.nextTransmit() { try socket.send(transmit.payload) }
            let bytes = try socket.receive(until: min(client.nextDeadline ?? end, end))
            now = MonotonicClock.now()
            guard let bytes else { continue }
            guard let message = try? Message(decoding: bytes) else {
                stranger = Stranger(firstBytes: bytes)
                continue
            }
            if !client.receive(message, from: remote, at: now) { stranger = .stun }
            switch client.outcome {
            case .reflexive(let address, let roundTrip): return .open(roundTrip: roundTrip, reflexive: address)
            case .refused: return .open(roundTrip: now - start, reflexive: nil)
            case .timedOut, nil: continue
            }
        }
        return stranger.map { .blocked(why: $0.sentence) } ?? .silence(patience)
    }
}
