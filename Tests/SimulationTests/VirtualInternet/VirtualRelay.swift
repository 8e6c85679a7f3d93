import NetPrimitives

/// Stands in for a TURN server: an allocation has an address on the internet, and what comes to it from an
/// IP address with a permission is handed to its owner. Owner and relay talk over a stream, so that also a
/// host without UDP has one.
struct VirtualRelay {
    let ip: IPAddress
    let host: VirtualNetwork.HostID
    /// One way between an owner and the relay.
    let delay: Duration
    private var allocations: [TransportAddress: (owner: Int, permissions: Set<IPAddress>)] = [:]
    private var nextPort: UInt16 = 50_000

    /// What is under way between an owner and the relay.
    private enum Crossing {
        case toRelay(VirtualDatagram)
        case toOwner(Int, VirtualDatagram)
    }

    private var crossings = EventQueue<Crossing>()

    init(ip: IPAddress, host: VirtualNetwork.HostID, delay: Duration) {
        self.ip = ip
        self.host = host
        self.delay = delay
    }

    mutating func allocate(for owner: Int) -> TransportAddress {
        defer { nextPort += 1 }
        let address = TransportAddress(ip: ip, port: nextPort)
        allocations[address] = (owner, [])
        return address
    }

    mutating func permit(_ peer: IPAddress, at relayed: TransportAddress) {
        allocations[relayed]?.permissions.insert(peer)
    }

    var nextDeadline: Instant? { crossings.nextAt }

    /// The owner sends: `datagram.source` is the relayed address.
    mutating func sendFromOwner(_ datagram: VirtualDatagram, at now: Instant) {
        crossings.schedule(.toRelay(datagram), at: now + delay)
    }

    /// The internet sends.
    mutating func receive(_ datagram: VirtualDatagram, at now: Instant) {
        guard let allocation = allocations[datagram.destination], allocation.permissions.contains(datagram.source.ip)
        else { return }
        crossings.schedule(.toOwner(allocation.owner, datagram), at: now + delay)
    }

    enum Output {
        case toInternet(VirtualDatagram)
        case toOwner(Int, VirtualDatagram)
    }

    mutating func nextOutput(at now: Instant) -> Output? {
        switch crossings.popDue(at: now) {
        case .toRelay(let datagram)?: .toInternet(datagram)
        case .toOwner(let owner, let datagram)?: .toOwner(owner, datagram)
        case nil: nil
        }
    }
}
