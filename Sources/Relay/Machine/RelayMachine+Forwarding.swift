import NetPrimitives
import TURN

/// Changes that a machine's driver has not taken yet.
struct ForwardingChanges: Sendable {
    private var waiting: [ForwardingChange] = []
    private var next = 0

    mutating func push(_ change: ForwardingChange) { waiting.append(change) }

    mutating func pop() -> ForwardingChange? {
        guard next < waiting.count else {
            if next > 0 { waiting.removeAll(keepingCapacity: waiting.count <= 256) }
            next = 0
            return nil
        }
        defer { next += 1 }
        return waiting[next]
    }
}

// What a data plane may forward by itself. Whoever changes how permissions, channels or allocations live calls one of
// these three; what ends by time needs no call, as every route carries its ends.
extension RelayMachine {
    /// A change for the driver's `ForwardingTable`; take them all after every call, before the next packet is forwarded.
    public mutating func nextForwardingChange() -> ForwardingChange? { forwarding.pop() }

    /// An allocation's permissions, channels or end have changed: its routes are told anew.
    mutating func updateForwarding(of index: AllocationTable.Index) {
        guard let allocation = allocations[index], allocation.isForwarded else { return }
        var changes = forwarding
        let policy = configuration.peerPolicy
        allocation.channels.forEach { number, peer, channelExpiry in
            guard peer.port != 0, policy.verdict(for: peer.ip) == .allowed,
                let relayed = allocation.relayed[peer.family]
            else { return changes.push(.remove(allocation.client, number)) }
            let endOfSending = min(relayed.expiresAt, channelExpiry)
            let permission = allocation.permissions.expiry(of: peer.ip) ?? Instant(nanoseconds: .min)
            changes.push(
                .set(
                    ForwardingRoute(
                        client: allocation.client, peer: peer, port: relayed.port, channel: number,
                        meter: allocation.meter, endOfSending: endOfSending, endOfReceiving: min(endOfSending, permission))))
        }
        forwarding = changes
    }

    /// The peer policy has changed.
    mutating func updateAllForwarding() { for index in allocations.indices { updateForwarding(of: index) } }

    /// An allocation, or the address of one family, is gone, or is another client's from now on: call it with what was.
    mutating func endForwarding(of allocation: Allocation, _ family: IPAddress.Family? = nil) {
        guard allocation.isForwarded else { return }
        allocation.channels.forEach { number, peer, _ in
            if family == nil || family == peer.family { forwarding.push(.remove(allocation.client, number)) }
        }
    }
}

extension Allocation {
    /// Whether it is forwarded past the machine: what a DTLS client gets has to be encrypted first.
    fileprivate var isForwarded: Bool { !client.isSecured }
}
