/// What a relay does in a second, between two of its statuses.
public struct RelayRates: Codable, Hashable, Sendable {
    /// Seconds between the two.
    public var interval: Double
    public var packetsToPeers: Double
    public var packetsToClients: Double
    public var bitsToPeers: Double
    public var bitsToClients: Double
    public var dropped: Double
    public var requests: Double

    /// nil when the second is not later, or not of the same relay.
    public init?(from first: RelayStatus, to second: RelayStatus, seconds: Double) {
        guard first.started == second.started, seconds > 0 else { return nil }
        func rate(_ path: KeyPath<RelayStatus, [String: UInt64]>, _ name: String? = nil) -> Double {
            let (before, after) = (first[keyPath: path], second[keyPath: path])
            let names = name.map { [$0] } ?? Array(after.keys)
            return names.reduce(0.0) { $0 + (Double(after[$1] ?? 0) - Double(before[$1] ?? 0)) / seconds }
        }
        interval = seconds
        packetsToPeers = rate(\.relayed.packets, "to_peer")
        packetsToClients = rate(\.relayed.packets, "to_client")
        bitsToPeers = rate(\.relayed.bytes, "to_peer") * 8
        bitsToClients = rate(\.relayed.bytes, "to_client") * 8
        dropped = rate(\.dropped)
        requests = rate(\.requests)
    }
}
