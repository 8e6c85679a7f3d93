import NetPrimitives
import Relay

// Between a worker's sockets and its clients over TCP or TLS.
extension Worker {
    /// Writes what peers have sent to the streams that it is for. Before their numbers or their order change, and before
    /// the memory of what was received is used again.
    mutating func writeForwarded() {
        guard forwarder.streams.count > 0 else { return }
        for index in 0..<forwarder.streams.count {
            let (number, datagrams) = forwarder.streams.datagrams(index)
            guard let client = clients[number] else { continue }
            let dropped = client.connection.write(datagrams)
            if dropped > 0 { machine.counters.dropped.count(.slowClient, UInt64(dropped)) }
            noteUnflushed(client)
        }
        forwarder.streams.clear()
    }

    /// A stream was written to in this turn.
    mutating func noteUnflushed(_ client: AttachedClient) {
        if unflushed.last !== client { unflushed.append(client) }
    }

    /// Sends what this turn has written to streams. Nobody is woken before all is in its place: on this core it would take
    /// the first connection's, and be woken again for the next.
    mutating func flushStreams() {
        guard !unflushed.isEmpty else { return }
        let senders = unflushed.compactMap { $0.connection.flush() }
        unflushed.removeAll(keepingCapacity: true)
        for sender in senders { sender.wake() }
    }

    /// The number of the stream that a route leads to; nil: it is not here, and what is for it goes the machine's way.
    func streamNumber(of route: ForwardingRoute, _ server: TransportAddress) -> Int32? {
        guard let client = TransportAddress(route.client) else { return nil }
        return clients.number(of: FiveTuple(transport: .tcp, client: client, server: server))
    }
}
