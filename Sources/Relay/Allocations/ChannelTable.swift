import NetPrimitives
import TURN

/// One allocation's channels: a number and a peer each, neither of them twice (RFC 8656 §12). A list, as there are a few.
struct ChannelTable: Sendable {
    /// As many peers as there may be permissions.
    static let limit = 128

    enum Refusal: Error, Hashable, Sendable {
        /// The number has another peer, or the peer another number: 400.
        case conflict
        /// 508.
        case full
    }

    private struct Binding: Sendable {
        let peer: TransportAddress
        let number: ChannelNumber
        var expiresAt: Instant
    }

    private var bindings: [Binding] = []

    var count: Int { bindings.count }
    var nextExpiry: Instant? { bindings.lazy.map(\.expiresAt).min() }

    func peer(of number: ChannelNumber, at now: Instant) -> TransportAddress? {
        bindings.first { $0.number == number && $0.expiresAt > now }?.peer
    }

    /// Every channel, its peer, and when it ends; some may have ended.
    func forEach(_ body: (ChannelNumber, TransportAddress, Instant) -> Void) {
        for binding in bindings { body(binding.number, binding.peer, binding.expiresAt) }
    }

    func number(for peer: TransportAddress, at now: Instant) -> ChannelNumber? {
        bindings.first { $0.peer == peer && $0.expiresAt > now }?.number
    }

    /// Whether `bind` would succeed.
    func check(_ number: ChannelNumber, to peer: TransportAddress, at now: Instant) throws(Refusal) {
        let boundPeer = self.peer(of: number, at: now)
        let boundNumber = self.number(for: peer, at: now)
        guard boundPeer == nil || boundPeer == peer, boundNumber == nil || boundNumber == number else {
            throw .conflict
        }
        guard boundPeer == peer || bindings.count(where: { $0.expiresAt > now }) < Self.limit else {
            throw .full
        }
    }

    mutating func bind(_ number: ChannelNumber, to peer: TransportAddress, at now: Instant) throws(Refusal) {
        try check(number, to: peer, at: now)
        removeExpired(at: now)
        let binding = Binding(peer: peer, number: number, expiresAt: now + RelayTimes.channel)
        if let place = bindings.firstIndex(where: { $0.number == number }) {
            bindings[place] = binding
        } else {
            bindings.append(binding)
        }
    }

    mutating func remove(_ family: IPAddress.Family) { bindings.removeAll { $0.peer.family == family } }
    mutating func removeExpired(at now: Instant) { bindings.removeAll { $0.expiresAt <= now } }
}
