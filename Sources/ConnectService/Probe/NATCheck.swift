import HostNetwork
package import NIOCore
package import NetPrimitives
import STUN

/// Asks several ports of the relay, from one UDP port of ours, how they see it.
package struct NATCheck: Sendable {
    private enum Event: Sendable {
        case datagram([UInt8], from: TransportAddress)
        case due
        case over
    }

    /// A fifth destination would not tell more than four do.
    package static let destinationLimit = 4

    private let loop: any EventLoop
    private let patience: Duration

    package init(loop: any EventLoop, patience: Duration) {
        self.loop = loop
        self.patience = patience
    }

    /// - Parameters:
    ///   - local: the address that faces the relay.
    ///   - servers: different ports of one address; those beyond the limit are left out.
    package func run(from local: IPAddress, to servers: [TransportAddress]) async -> NATReport {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingOldest(64))
        let end = loop.scheduleTask(in: TimeAmount(patience)) {
            continuation.yield(.over)
            continuation.finish()
        }
        defer { end.cancel() }
        let opened = try? await DatagramSocket.open(on: local, loop: loop) { bytes, source, _ in
            continuation.yield(.datagram(bytes, from: source))
        }
        guard let socket = opened else { return NATReport(local: nil, reflexive: [:]) }
        defer { socket.close() }
        let asked = Array(servers.prefix(Self.destinationLimit))
        let clients = await ask(asked, socket, events) { continuation.yield(.due) }
        var reflexive: [UInt16: TransportAddress] = [:]
        for client in clients { reflexive[client.server.port] = client.outcome?.reflexive }
        return NATReport(local: socket.local, reflexive: reflexive)
    }

    private func ask(
        _ servers: [TransportAddress], _ socket: DatagramSocket, _ events: AsyncStream<Event>,
        wake: @escaping @Sendable () -> Void
    ) async -> [BindingClient] {
        var random = SystemRandomNumberGenerator()
        let start = MonotonicClock.now()
        var clients = servers.map {
            BindingClient(server: $0, timing: ProbePatience.binding, random: &random, at: start)
        }
        var alarm = drain(&clients, socket, wake)
        defer { alarm?.cancel() }
        var incoming = events.makeAsyncIterator()
        while clients.contains(where: { $0.outcome == nil }), let event = await incoming.next() {
            let now = MonotonicClock.now()
            switch event {
            case .datagram(let bytes, let source):
                guard let message = try? Message(decoding: bytes) else { continue }
                for index in clients.indices where clients[index].receive(message, from: source, at: now) { break }
            case .due:
                for index in clients.indices { clients[index].handleTimeout(at: now) }
            case .over:
                return clients
            }
            alarm?.cancel()
            alarm = drain(&clients, socket, wake)
        }
        return clients
    }

    private func drain(
        _ clients: inout [BindingClient], _ socket: DatagramSocket, _ wake: @escaping @Sendable () -> Void
    ) -> Scheduled<Void>? {
        for index in clients.indices {
            while let transmit = clients[index].nextTransmit() {
                loop.execute { socket.send(transmit.payload, to: transmit.destination) }
            }
        }
        guard let deadline = clients.compactMap(\.nextDeadline).min() else { return nil }
        return loop.scheduleTask(in: TimeAmount(deadline - MonotonicClock.now()), wake)
    }
}
