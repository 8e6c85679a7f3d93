import NetPrimitives

/// A machine's allocations, found by five-tuple and by relayed port, of which a dual one has two.
struct AllocationTable: Sendable {
    /// Finds nothing any more when its allocation is gone.
    typealias Index = Slab<Allocation>.Handle

    private var slab = Slab<Allocation>()
    private var byClient = OpenAddressingIndex()
    private var byPort = OpenAddressingIndex()
    private let hash: SeededHash

    init(using random: inout some RandomNumberGenerator) { hash = SeededHash(using: &random) }

    var count: Int { slab.count }
    var indices: [Index] { slab.handles }

    /// Of an allocation that is there, whether its time is over or not.
    func index(of client: FiveTuple) -> Index? {
        let number = byClient.first(hash.hash(client)) { number in
            slab.handle(at: number).map { slab[$0]?.client == client } ?? false
        }
        return number.flatMap(slab.handle(at:))
    }

    /// Of an allocation that is there and whose time is not over.
    func index(of client: FiveTuple, at now: Instant) -> Index? {
        guard let index = index(of: client), let expiry = slab[index]?.expiresAt, expiry > now else { return nil }
        return index
    }

    func index(of port: RelayedPort, at now: Instant) -> Index? {
        let number = byPort.first(hash.hash(port)) { number in
            slab.handle(at: number).map { slab[$0]?.relayed.address(of: port) != nil } ?? false
        }
        guard let index = number.flatMap(slab.handle(at:)), let address = slab[index]?.relayed.address(of: port),
            address.expiresAt > now
        else { return nil }
        return index
    }

    /// Lent, and to change one in place; its five-tuple and its addresses have functions of their own.
    subscript(index: Index) -> Allocation? {
        @inline(__always)
        _read { yield slab[index] }
        _modify { yield &slab[index] }
    }

    func forEach(_ body: (Allocation) -> Void) {
        for index in indices {
            if let allocation = slab[index] { body(allocation) }
        }
    }

    /// Adds an allocation whose five-tuple and ports have none.
    mutating func insert(_ allocation: Allocation) -> Index {
        let index = slab.insert(allocation)
        byClient.insert(index.number, hash.hash(allocation.client))
        for address in allocation.relayed.all { byPort.insert(index.number, hash.hash(address.port)) }
        return index
    }

    mutating func remove(_ index: Index) -> Allocation? {
        guard let allocation = slab.remove(index) else { return nil }
        byClient.remove(index.number, hash.hash(allocation.client))
        for address in allocation.relayed.all { byPort.remove(index.number, hash.hash(address.port)) }
        return allocation
    }

    /// Gives an allocation another five-tuple, which has none.
    mutating func move(_ index: Index, to client: FiveTuple) {
        guard let former = slab[index]?.client else { return }
        byClient.remove(index.number, hash.hash(former))
        byClient.insert(index.number, hash.hash(client))
        slab[index]?.client = client
    }

    /// Takes one of a dual allocation's addresses out; the allocation stays, with the other.
    mutating func removeAddress(_ index: Index, _ family: IPAddress.Family) -> RelayedAddress? {
        guard let address = slab[index]?.remove(family) else { return nil }
        byPort.remove(index.number, hash.hash(address.port))
        return address
    }
}
