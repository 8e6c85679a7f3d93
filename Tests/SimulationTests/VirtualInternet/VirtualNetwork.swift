import NetPrimitives

/// An internet in virtual time: realms of addresses, NATs between them, hosts in them.
struct VirtualNetwork {
    /// A space of addresses: the public internet, a home, a provider's inner network.
    struct RealmID: Hashable { fileprivate let index: Int }
    struct HostID: Hashable { fileprivate let index: Int }

    /// A datagram that has reached its host.
    struct Delivery {
        let host: HostID
        let datagram: VirtualDatagram
    }

    static let internet = RealmID(index: 0)

    private struct Realm {
        var hosts: [IPAddress: HostID] = [:]
        /// Realms below this one, by their NAT's outer address.
        var below: [IPAddress: RealmID] = [:]
        var parent: RealmID?
        var nat: VirtualNAT?
    }

    private struct Host {
        var realm: RealmID
        var conditions: LinkConditions
        var isConnected = true
    }

    private var realms = [Realm()]
    private var hosts: [Host] = []
    private var queue = EventQueue<Delivery>()
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    // MARK: Building

    mutating func addRealm(behind behavior: NATBehavior, outerIP: IPAddress, in parent: RealmID = internet) -> RealmID {
        let id = RealmID(index: realms.count)
        realms.append(Realm(parent: parent, nat: VirtualNAT(behavior: behavior, outerIP: outerIP, seed: random.next())))
        realms[parent.index].below[outerIP] = id
        return id
    }

    mutating func addHost(_ ip: IPAddress, in realm: RealmID, conditions: LinkConditions = LinkConditions()) -> HostID {
        let id = HostID(index: hosts.count)
        hosts.append(Host(realm: realm, conditions: conditions))
        realms[realm.index].hosts[ip] = id
        return id
    }

    /// One more address of a host.
    mutating func addAddress(_ ip: IPAddress, to host: HostID) {
        realms[hosts[host.index].realm.index].hosts[ip] = host
    }

    /// Opens a port at the NAT next to a host; nil without one.
    mutating func openPort(for address: TransportAddress, of host: HostID) -> TransportAddress? {
        realms[hosts[host.index].realm.index].nat?.open(address)
    }

    mutating func setConnected(_ isConnected: Bool, _ host: HostID) { hosts[host.index].isConnected = isConnected }
    func isConnected(_ host: HostID) -> Bool { hosts[host.index].isConnected }
    mutating func setConditions(_ conditions: LinkConditions, of host: HostID) {
        hosts[host.index].conditions = conditions
    }

    /// Takes a host out of its network and puts it into another.
    mutating func move(_ host: HostID, to ip: IPAddress, in realm: RealmID) {
        let old = hosts[host.index].realm
        realms[old.index].hosts = realms[old.index].hosts.filter { $0.value != host }
        realms[realm.index].hosts[ip] = host
        hosts[host.index].realm = realm
    }

    /// The NAT next to a host forgets everything, as after a power cut; with `outerIP` its provider gives it another address.
    mutating func rebootRouter(of host: HostID, outerIP: IPAddress? = nil) {
        let realm = hosts[host.index].realm
        guard let nat = realms[realm.index].nat, let parent = realms[realm.index].parent else { return }
        realms[parent.index].below[nat.outerIP] = nil
        let outerIP = outerIP ?? nat.outerIP
        realms[parent.index].below[outerIP] = realm
        realms[realm.index].nat = VirtualNAT(behavior: nat.behavior, outerIP: outerIP, seed: random.next())
    }

    /// Lets nothing pass between two hosts any more; both still reach everybody else.
    mutating func separate(_ left: HostID, _ right: HostID) { separated = [left, right] }

    private var separated: [HostID] = []

    // MARK: Traffic

    var nextDeliveryAt: Instant? { queue.nextAt }
    mutating func nextDelivery(at now: Instant) -> Delivery? { queue.popDue(at: now) }

    mutating func send(_ datagram: VirtualDatagram, from host: HostID, at now: Instant) {
        guard hosts[host.index].isConnected,
            let delivery = route(datagram, from: hosts[host.index].realm, at: now, hops: 0),
            hosts[delivery.host.index].isConnected,
            !(separated.contains(host) && separated.contains(delivery.host))
        else { return }
        for arrival in hosts[host.index].conditions.arrivals(at: now, random: &random) {
            queue.schedule(delivery, at: arrival)
        }
    }

    /// NATs act when the datagram is sent: their order at one instant is the order of sending.
    private mutating func route(
        _ datagram: VirtualDatagram, from realm: RealmID, at now: Instant, hops: Int
    ) -> Delivery? {
        guard hops < 8 else { return nil }
        if let host = realms[realm.index].hosts[datagram.destination.ip] {
            return Delivery(host: host, datagram: datagram)
        }
        if let below = realms[realm.index].below[datagram.destination.ip] {
            guard let inside = realms[below.index].nat?.inbound(datagram, at: now) else { return nil }
            return route(inside, from: below, at: now, hops: hops + 1)
        }
        guard let parent = realms[realm.index].parent, let nat = realms[realm.index].nat,
            let outside = realms[realm.index].nat?.outbound(datagram, at: now)
        else { return nil }
        if outside.destination.ip == nat.outerIP, !nat.behavior.hairpins { return nil }
        return route(outside, from: parent, at: now, hops: hops + 1)
    }
}
