import Foundation

// What `ra-relay status` prints for a person.
extension RelayStatus {
    /// - Parameter rates: nil when they are not known.
    public func text(_ rates: RelayRates?) -> String {
        var lines: [(String, String)] = [
            ("ra-relay", "\(version), process \(pid), \(condition)"),
            ("up", "\(Self.span(time.timeIntervalSince(started))), since \(started.ISO8601Format())"),
            ("url", url), ("realm", realm),
            ("listens", "UDP \(Self.list(listeners.udp))"), ("", "TCP \(Self.list(listeners.tcp))"),
        ]
        if let metrics = listeners.metrics { lines.append(("", "metrics \(metrics)")) }
        lines.append(("certificate", certificateText))
        lines.append(("allocations", "\(allocations.total) of at most \(allocations.limit): \(Self.counts(allocations.byTransport))"))
        lines.append(("", "\(allocations.made) made; ended \(Self.counts(allocations.ended))"))
        if let rates {
            lines.append(("now", "to peers \(Self.rate(rates.packetsToPeers, rates.bitsToPeers))"))
            lines.append(("", "to clients \(Self.rate(rates.packetsToClients, rates.bitsToClients))"))
            lines.append(("", "\(Self.decimal(rates.requests)) requests/s, \(Self.decimal(rates.dropped)) packets dropped/s"))
        }
        lines.append(("relayed", "packets \(Self.counts(relayed.packets)); bytes \(Self.counts(relayed.bytes))"))
        lines.append(("dropped", Self.counts(dropped)))
        lines.append(("requests", Self.counts(requests)))
        lines.append(("refused", refusedText))
        lines.append(("credentials", "that do not hold: \(Self.counts(authenticationFailures))"))
        lines.append(("connections", "at most \(connections.limit): \(Self.counts(connections.open))"))
        lines.append(("invitations", "\(rendezvous.invitations) open; meetings \(Self.counts(rendezvous.meetings)); refused \(Self.counts(rendezvous.refused))"))
        lines.append(("contacts", "\(contacts.present) there, \(contacts.calls) calls"))
        lines.append(("store", "\(store.kind), \(store.reachable ? "in reach" : "away: no new invitations until it is back")"))
        if !store.nodes.isEmpty { lines.append(("nodes", Self.list(store.nodes))) }
        lines.append(("reloads", reloadText))
        if !reloads.waiting.isEmpty { lines.append(("", "wait for a restart: \(Self.list(reloads.waiting))")) }
        for (number, worker) in workers.enumerated() {
            lines.append((
                "worker \(number)", "\(worker.allocations) allocations, \(Self.decimal(worker.cpuSeconds)) s of CPU time"))
        }
        lines.append(("files", "\(openFiles) of at most \(maximumFiles) open"))
        lines.append(("memory", "\(Self.decimal(Double(residentBytes) / 1_048_576)) MiB"))
        return lines.map { $0.0.padding(toLength: 13, withPad: " ", startingAt: 0) + $0.1 }.joined(separator: "\n")
    }

    private var condition: String {
        if let drain {
            return "draining since \(drain.since.ISO8601Format()), at most until \(drain.deadline.ISO8601Format())"
        }
        return isReady ? "serving" : "starting"
    }

    private var certificateText: String {
        guard let certificateEnd else { return "none" }
        let left = certificateEnd.timeIntervalSince(time)
        return "until \(certificateEnd.ISO8601Format()), \(left > 0 ? "\(Self.span(left)) from now" : "which is over")"
    }

    private var reloadText: String {
        let last = "in use since \(reloads.lastSuccess.ISO8601Format())"
        let counts = "\(reloads.succeeded) succeeded, \(reloads.failed) failed"
        return reloads.lastSucceeded ? "\(counts); \(last)" : "\(counts), the last one too: the configuration is the one \(last)"
    }

    /// With the everyday part of it told as such.
    private var refusedText: String {
        let text = Self.counts(refused)
        return refused["401", default: 0] > 0 ? text + " (a 401 is how each client begins)" : text
    }

    private static func list(_ addresses: [String]) -> String { addresses.isEmpty ? "nothing" : addresses.joined(separator: ", ") }

    /// Those that are not 0, the greatest first.
    static func counts(_ counts: [String: UInt64]) -> String {
        let present = counts.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return present.isEmpty ? "none" : present.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    static func rate(_ packets: Double, _ bits: Double) -> String {
        let units = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]
        var (value, unit) = (bits, 0)
        while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
        return "\(decimal(packets)) packets/s, \(decimal(value)) \(units[unit])"
    }

    /// The two largest units of a time in seconds.
    static func span(_ interval: TimeInterval) -> String {
        var rest = Int(max(0, interval))
        var parts: [String] = []
        for (unit, factor) in [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)] {
            let count = rest / factor
            rest %= factor
            if count > 0 || (unit == "s" && parts.isEmpty) { parts.append("\(count) \(unit)") }
        }
        return parts.prefix(2).joined(separator: " ")
    }

    static func decimal(_ value: Double) -> String {
        let tenths = (value * 10).rounded() / 10
        return Int64(exactly: tenths).map(String.init) ?? "\(tenths)"
    }
}
