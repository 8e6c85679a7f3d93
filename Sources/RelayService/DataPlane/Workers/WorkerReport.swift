import CLinuxNet
import NetPrimitives
import Relay

/// How a client reaches the relay.
enum ClientTransport: Int, TallyLabel { case udp, tcp, tls, dtls }

/// What a worker says of itself when it is asked: a copy of what it counts for itself alone.
struct WorkerReport: Sendable {
    var counters = RelayCounters()
    var allocationsMade = Tally<ClientTransport>()
    /// Those that live.
    var allocations = AllocationCensus()
    var requestDurations = DurationHistogram()
    /// Seconds of CPU time that the worker's thread has used.
    var cpuSeconds = 0.0

    static func += (left: inout WorkerReport, right: WorkerReport) {
        left.counters += right.counters
        left.allocationsMade += right.allocationsMade
        left.allocations += right.allocations
        left.requestDurations += right.requestDurations
        left.cpuSeconds += right.cpuSeconds
    }
}

extension RelayCounters {
    /// What a forwarder has counted, which the machine has not seen.
    mutating func add(_ forwarder: borrowing Forwarder) {
        relayedPackets.count(.toPeer, forwarder.toPeers.datagrams)
        relayedBytes.count(.toPeer, forwarder.toPeers.bytes)
        relayedPackets.count(.toClient, forwarder.toClients.datagrams)
        relayedBytes.count(.toClient, forwarder.toClients.bytes)
        dropped.count(.bandwidth, forwarder.refused)
        dropped.count(.sendFailed, forwarder.batch.counts.dropped)
        dropped.count(.queueFull, forwarder.streams.dropped)
    }
}

/// Allocations by client transport and relayed family.
struct AllocationCensus: Hashable, Sendable {
    private var counts = [Tally<RelayedFamily>](repeating: Tally(), count: ClientTransport.allCases.count)

    subscript(transport: ClientTransport) -> Tally<RelayedFamily> { counts[transport.rawValue] }

    var total: UInt64 { counts.reduce(0) { $0 + $1.total } }

    mutating func count(_ transport: ClientTransport, _ family: RelayedFamily) { counts[transport.rawValue].count(family) }

    static func += (left: inout AllocationCensus, right: AllocationCensus) {
        for index in left.counts.indices { left.counts[index] += right.counts[index] }
    }
}
