import NetPrimitives
import Rendezvous

/// Whether a session that a node of a fleet carries has an address at another node as well, and at which: when the first one dies,
/// nobody can tell the peer of another any more.
///
/// A session that needs no relay has none, and one that moves to its spare gets another.
struct SpareRelay: Sendable {
    enum Step: Hashable, Sendable {
        /// An address is to be had at this node.
        case ask(RelayURL)
        /// What there is at this node is to be given back.
        case letGo(RelayURL)
    }

    /// So long a session has run over one relay, before it is worth a spare: most find a better path within the first seconds.
    static let settling = Duration.seconds(2)
    /// So long an address is kept that no path needs: one that was punched a moment ago may not last.
    static let patience = Duration.seconds(10)
    /// Between a node that gave no address and the next one; doubled after each.
    static let shortestPause = Duration.seconds(1)
    static let longestPause = Duration.seconds(300)
    /// Nodes that are known, of as many as a relay names.
    static let maximumNodes = 16

    /// Where both sides met; what the peer has of relays is there.
    let home: RelayURL
    /// In the order in which they are asked; who was asked comes last then.
    private var nodes: [RelayURL]
    /// What carries the data; nil for a path without a relay.
    private var carrier: RelayURL?
    /// Since when it does.
    private var since: Instant
    private var spare: RelayURL?
    /// The nodes besides `home` that were asked, and may hold something for us.
    private var held: Set<RelayURL> = []
    private var pause = SpareRelay.shortestPause
    private var pausedUntil: Instant

    /// - Parameter others: the other nodes of the fleet.
    init(home: RelayURL, others: [RelayURL], at now: Instant) {
        self.home = home
        nodes = others.filter { $0 != home }.prefix(Self.maximumNodes - 1) + [home]
        (since, pausedUntil) = (now, now)
    }

    /// Data goes over this node from now on; nil: over none.
    mutating func carried(by node: RelayURL?, at now: Instant) {
        guard node != carrier else { return }
        (carrier, since) = (node, now)
        // What it has saved is no spare any more.
        if let node, node == spare { spare = nil }
    }

    /// The node has given an address.
    mutating func succeeded(_ node: RelayURL) {
        if node == spare { pause = Self.shortestPause }
    }

    /// It has given none, or what it gave is over.
    mutating func lost(_ node: RelayURL, at now: Instant) {
        held.remove(node)
        guard node == spare else { return }
        spare = nil
        pausedUntil = now + pause
        pause = min(pause * 2, Self.longestPause)
    }

    /// This host's network is another one: what it had at relays goes by itself.
    mutating func networkChanged(at now: Instant) {
        (spare, held, since) = (nil, [], now)
    }

    /// What is to be done, when it is time.
    mutating func next(at now: Instant) -> Step? {
        if since + Self.patience <= now, let node = held.first(where: isIdle) {
            held.remove(node)
            if node == spare { spare = nil }
            return .letGo(node)
        }
        guard let askAt, askAt <= now, let node = nodes.first(where: { $0 != carrier }) else { return nil }
        nodes.removeAll { $0 == node }
        nodes.append(node)
        spare = node
        held.insert(node)
        return .ask(node)
    }

    var nextDeadline: Instant? {
        .earliest(askAt, held.contains(where: isIdle) ? since + Self.patience : nil)
    }

    /// Whether an answer of this one would still be used.
    func isWanted(_ node: RelayURL) -> Bool { held.contains(node) }

    private var askAt: Instant? {
        carrier != nil && spare == nil && nodes.count > 1 ? max(since + Self.settling, pausedUntil) : nil
    }

    private func isIdle(_ node: RelayURL) -> Bool { carrier == nil || node != carrier && node != spare }
}
