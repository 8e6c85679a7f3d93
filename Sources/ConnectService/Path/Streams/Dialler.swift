import NetPrimitives
import PortMapping

/// Which connections to a peer's passive candidates are opened, and when: a few at once, at a pace.
///
/// A peer may name any address, and have us knock there: where nobody has ever answered as our peer we knock so often and no
/// more. Hosts take turns, so that many addresses of one that is silent do not keep another one waiting.
struct Dialler {
    /// Connections that are being opened.
    static let atOnce = 6
    /// Connections that are being opened, or wait for their turn.
    static let limit = 32
    /// Between two of them at least: Ta is for packets, and this costs more (RFC 6544 §6.1 leaves it to us).
    static let pace = Duration.milliseconds(50)
    /// At addresses that were never found to be the peer's.
    static let strangers = RateLimit.Allowance(burst: 24, interval: .seconds(5))
    /// What a check, and another one of a restart, leave to be sent.
    static let packetLimit = 4
    /// Addresses that the peer was found at.
    static let knownLimit = 16
    /// One that ends sooner was of no use: the next one there waits, longer each time.
    static let usefulLife = Duration.seconds(10)
    /// The least of those waits, after one that came at once, and the most: a check is waited for 10 s.
    static let shortestWait = Duration.milliseconds(250), longestWait = Duration.seconds(4)

    private struct Call {
        let ends: StreamEnds
        var packets: [[UInt8]]
        let from: Instant
        var isConnecting = false
    }

    /// How long a connection is waited for: the SYN is sent at 0, 1, 3 and 7 s, and a check is waited for longer. A private
    /// address is a neighbour's, who answers at once, or somebody else's in a network that is not ours: its SYN is sent twice.
    static func patience(to remote: IPAddress) -> Duration {
        ExternalReach(of: remote) == .internet ? .seconds(8) : .milliseconds(2500)
    }

    /// In the order in which they were asked for.
    private var calls: [Call] = []
    private var known: [TransportAddress] = []
    /// Connections that ended soon: until when the next one waits, and for how long the one after it will.
    private var waits: [StreamEnds: (until: Instant, next: Duration)] = [:]
    private var allowance = RateLimit(at: .zero)
    private var nextAt = Instant.zero

    /// When `next` has something; nil while nobody waits, or a place has to become free first.
    var nextDeadline: Instant? {
        guard calls.count(where: \.isConnecting) < Self.atOnce else { return nil }
        return calls.lazy.filter { !$0.isConnecting }.map(\.from).min().map { max($0, nextAt) }
    }

    /// A packet is to be sent where there is no connection.
    ///
    /// - Returns: false when none will be opened.
    mutating func ask(_ ends: StreamEnds, packet: [UInt8], at now: Instant) -> Bool {
        if let index = calls.firstIndex(where: { $0.ends == ends }) {
            // The newest: a check that was given up is in nobody's list any more.
            if calls[index].packets.count >= Self.packetLimit { calls[index].packets.removeFirst() }
            calls[index].packets.append(packet)
            return true
        }
        guard DoorPort.isAllowed(ends.remote.port), calls.count < Self.limit,
            known.contains(ends.remote) || allowance.take(1, of: Self.strangers, at: now)
        else { return false }
        calls.append(Call(ends: ends, packets: [packet], from: waits[ends]?.until ?? now))
        return true
    }

    /// The connection that is to be opened now.
    mutating func next(at now: Instant) -> StreamEnds? {
        guard let deadline = nextDeadline, deadline <= now,
            let index = calls.indices.filter({ !calls[$0].isConnecting && calls[$0].from <= now })
                .min(by: { busy(calls[$0].ends.remote.ip) < busy(calls[$1].ends.remote.ip) })
        else { return nil }
        calls[index].isConnecting = true
        nextAt = now + Self.pace
        return calls[index].ends
    }

    /// Connections that are being opened to the host.
    private func busy(_ host: IPAddress) -> Int { calls.count { $0.isConnecting && $0.ends.remote.ip == host } }

    /// It is open, or will not be, or is not wanted any more.
    ///
    /// - Returns: what waits to be sent on it; nil when it was not wanted any more.
    mutating func finish(_ ends: StreamEnds) -> [[UInt8]]? {
        calls.firstIndex { $0.ends == ends }.map { calls.remove(at: $0).packets }
    }

    /// A connection that was open has ended.
    mutating func ended(_ ends: StreamEnds, openedAt: Instant, at now: Instant) {
        guard now - openedAt < Self.usefulLife else { return waits[ends] = nil }
        let wait = waits[ends]?.next ?? .zero
        if waits[ends] == nil, waits.count >= Self.limit, let oldest = waits.min(by: { $0.value.until < $1.value.until }) {
            waits[oldest.key] = nil
        }
        waits[ends] = (now + wait, min(max(wait * 2, Self.shortestWait), Self.longestWait))
    }

    /// Nothing is opened from this address any more.
    mutating func forget(base: TransportAddress) {
        calls.removeAll { $0.ends.base == base }
        waits = waits.filter { $0.key.base != base }
    }

    /// The peer was found there.
    mutating func met(_ remote: TransportAddress) {
        guard !known.contains(remote) else { return }
        if known.count >= Self.knownLimit { known.removeFirst() }
        known.append(remote)
    }
}
