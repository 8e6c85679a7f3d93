import HostNetwork
package import NIOCore
package import NetPrimitives
import STUN

/// Asks one TCP port for a STUN answer, framed as RFC 8489 §6.2.2 has it.
package struct TCPCheck: Sendable {
    private let loop: any EventLoop
    /// For connecting and answering together.
    private let patience: Duration

    package init(loop: any EventLoop, patience: Duration) {
        self.loop = loop
        self.patience = patience
    }

    package func run(to remote: TransportAddress) async -> Outbound {
        do {
            return try await run(to: RelayEndpoint(isSecure: false, host: "\(remote.ip)", port: remote.port), by: .direct)
        } catch {
            return Outbound(failure: error, patience: patience)
        }
    }

    /// - Throws: why there is no connection, as `StreamRoute` has it.
    func run(to endpoint: RelayEndpoint, by route: StreamRoute) async throws -> Outbound {
        // More than this lies unread only when somebody floods us, who is not the relay.
        let (events, continuation) = AsyncStream.makeStream(
            of: StreamSocket.Event.self, bufferingPolicy: .bufferingOldest(16))
        let alarm = loop.scheduleTask(in: TimeAmount(patience)) { continuation.finish() }
        defer { alarm.cancel() }
        let socket = try await StreamSocket.connect(
            to: endpoint, by: route, timeout: TimeAmount(patience), loop: loop, receive: { continuation.yield($0) })
        defer { socket.close() }
        return await ask(socket, events)
    }

    private func ask(_ socket: StreamSocket, _ events: AsyncStream<StreamSocket.Event>) async -> Outbound {
        var random = SystemRandomNumberGenerator()
        let askedAt = MonotonicClock.now()
        var client = BindingClient(server: socket.remote, timing: .reliable, random: &random, at: askedAt)
        while let transmit = client.nextTransmit() { socket.send(transmit.payload, mayBeDropped: false) }
        var answer = StreamAnswer(to: client)
        for await event in events {
            switch event {
            case .bytes(let bytes):
                let now = MonotonicClock.now()
                switch answer.receive(bytes, at: now) {
                case .incomplete: continue
                case .ours(let reflexive): return .open(roundTrip: now - askedAt, reflexive: reflexive)
                case .stranger(let stranger): return .blocked(why: stranger.sentence)
                }
            case .closed:
                return .blocked(why: "It connects, and is closed or reset when the relay is asked for.")
            }
        }
        return .unanswered(why: "It connects, but nobody answers.")
    }
}
