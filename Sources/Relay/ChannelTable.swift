import NetPrimitives
import TURN

/// One allocation's channels: a number and a peer each, neither of them twice (RFC 8656 §12).
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
        var expiresAt: Instant
    }

    private var bindings: [ChannelNumber: Binding] = [:]
    private var numbers: [TransportAddress: ChannelNumber] = [:]

    var count: Int { bindings.count }
    var nextExpiry: Instant? { bindings.values.lazy.map(\.expiresAt).min() }

    func peer(of number: ChannelNumber, at now: Instant) -> TransportAddress? {
        guard let binding = bindings[number], binding.expiresAt > now else { return nil }
        return binding.peer
    }

    /// Every channel, its peer, and when it ends; some may have ended.
    func forEach(_ body: (ChannelNumber, TransportAddress, Instant) -> Void) {
        for (number, binding) in bindings { body(number, binding.peer, binding.expiresAt) }
    }

    func number(for peer: TransportAddress, at now: Instant) -> ChannelNumber? {
        guard let number = numbers[peer], let binding = bindings[number], binding.expiresAt > now else { return nil }
        return number
    }

    /// Whether `bind` would succeed.
    func check(_ number: ChannelNumber, to peer: TransportAddress, at now: Instant) throws(Refusal) {
        let boundPeer = self.peer(of: number, at: now)
        let boundNumber = self.number(for: peer, at: now)
        guard boundPeer == nil || boundPeer == peer, boundNumber == nil || boundNumber == number else {
            throw .conflict
        }
        guard boundPeer == peer || bindings.values.count(where: { $0.expiresAt > now }) < Self.limit else {
            throw .full
        }
    }

    mutating func bind(_ number: ChannelNumber, to peer: TransportAddress, at now: Instant) throws(Refusal) {
        try check(number, to: peer, at: now)
        removeExpired(at: now)
        bindings[number] = Binding(peer: peer, expiresAt: now + RelayTimes.channel)
        numbers[peer] = number
    }

    mutating func remove(_ family: IPAddress.Family) { remove { $0.peer.family == family } }
    mutating func removeExpired(at now: Instant) { remove { $0.expiresAt <= now } }

    private mutating func remove(where isOver: (Binding) -> Bool) {
        for (number, binding) in bindings where isOver(binding) {
            bindings[number] = nil
            numbers[binding.peer] = nil
        }
    }
}
