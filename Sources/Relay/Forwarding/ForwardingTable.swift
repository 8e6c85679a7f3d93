/// The routes that a worker forwards by: flat memory, asked twice for nothing (no allocation, no reference counting).
///
/// Two open-addressing indexes (linear probing, at most half full, keyed with a secret seed so that nobody chooses
/// collisions) point into one array of routes: by client and channel, and by relayed port and peer. Bounded: a route
/// that finds no room is not kept, and its packets go the machine's way.
public struct ForwardingTable: ~Copyable {
    /// A quarter of a million channels in 39 MiB.
    public static let defaultLimit = 1 << 18
    /// Routes looked at by one `removeExpired`.
    private static let sweepLength = 4096

    /// An index's entry: the upper half is the hash, the lower half a route's number plus one; 0 is an empty place.
    private typealias Entry = UInt64

    private let limit: Int
    private let hash: SeededHash
    private var capacity = 0
    private var mask = 0
    private var routes: UnsafeMutablePointer<ForwardingRoute>
    private var byClient: UnsafeMutablePointer<Entry>
    private var byPeer: UnsafeMutablePointer<Entry>
    /// Numbers of unused routes below `used`, as a stack.
    private var free: UnsafeMutablePointer<UInt32>
    private var freeCount = 0
    /// Routes at this number and above were never used.
    private var used = 0
    private var sweepPosition = 0

    /// - Parameters:
    ///   - limit: routes at most.
    ///   - random: makes the seed.
    public init(limit: Int = defaultLimit, using random: inout some RandomNumberGenerator) {
        self.limit = max(1, limit)
        hash = SeededHash(using: &random)
        capacity = min(64, self.limit)
        mask = Self.indexSize(for: capacity) - 1
        // unsafe: what is allocated here and in `grow` is freed in `deinit` and there; numbers below `used` are initialized.
        routes = .allocate(capacity: capacity)
        free = .allocate(capacity: capacity)
        byClient = Self.emptyIndex(mask + 1)
        byPeer = Self.emptyIndex(mask + 1)
    }

    deinit {
        routes.deallocate()
        free.deallocate()
        byClient.deallocate()
        byPeer.deallocate()
    }

    /// Routes that are there, ended ones that were not swept out yet included.
    public var count: Int { used - freeCount }

    // MARK: Asked for every packet

    /// Where a client's ChannelData goes, nil when the machine has to be asked.
    ///
    /// unsafe: the pointer is good until the table is next changed.
    public func route(
        fromClient client: PackedAddress, to server: PackedAddress, channel: UInt16, at now: Int64
    ) -> UnsafePointer<ForwardingRoute>? {
        let hash = self.hash.hash(client, server, UInt64(channel))
        var place = Int(truncatingIfNeeded: hash) & mask
        while byClient[place] != 0 {
            let entry = byClient[place]
            if UInt32(truncatingIfNeeded: entry >> 32) == hash {
                let route = routes + Int(truncatingIfNeeded: (entry & 0xFFFF_FFFF) &- 1)
                if route.pointee.channel == channel, route.pointee.client == client, route.pointee.server == server {
                    return route.pointee.endOfSending > now ? UnsafePointer(route) : nil
                }
            }
            place = (place &+ 1) & mask
        }
        return nil
    }

    /// Who gets as ChannelData what a peer sent to a relayed port, nil when the machine has to be asked.
    ///
    /// unsafe: the pointer is good until the table is next changed.
    public func route(fromPeer peer: PackedAddress, on port: UInt32, at now: Int64) -> UnsafePointer<ForwardingRoute>? {
        let hash = self.hash.hash(peer, port)
        var place = Int(truncatingIfNeeded: hash) & mask
        while byPeer[place] != 0 {
            let entry = byPeer[place]
            if UInt32(truncatingIfNeeded: entry >> 32) == hash {
                let route = routes + Int(truncatingIfNeeded: (entry & 0xFFFF_FFFF) &- 1)
                if route.pointee.port == port, route.pointee.peer == peer {
                    return route.pointee.endOfReceiving > now ? UnsafePointer(route) : nil
                }
            }
            place = (place &+ 1) & mask
        }
        return nil
    }

    // MARK: Changes

    /// Adds a route, in the place of what has the same client and channel or the same port and peer; false when the
    /// table is full.
    @discardableResult
    public mutating func set(_ route: ForwardingRoute) -> Bool {
        remove(client: route.client, server: route.server, channel: route.channel)
        if let place = place(ofPeer: route.peer, port: route.port) { remove(number(byPeer[place])) }
        if freeCount == 0, used == capacity { guard grow() else { return false } }
        let number: Int
        if freeCount > 0 {
            freeCount -= 1
            number = Int(free[freeCount])
        } else {
            number = used
            used += 1
        }
        (routes + number).initialize(to: route)
        insert(number, hash.hash(route.client, route.server, UInt64(route.channel)), byClient)
        insert(number, hash.hash(route.peer, route.port), byPeer)
        return true
    }

    public mutating func remove(client: PackedAddress, server: PackedAddress, channel: UInt16) {
        guard let place = place(ofClient: client, server, channel) else { return }
        remove(number(byClient[place]))
    }

    /// Drops ended routes from a part of the table, the next part with the next call: nobody has to end a route in time.
    public mutating func removeExpired(at now: Int64) {
        for _ in 0..<min(Self.sweepLength, used) {
            if sweepPosition >= used { sweepPosition = 0 }
            let route = routes[sweepPosition]
            if route.channel != 0, route.endOfSending <= now, route.endOfReceiving <= now { remove(sweepPosition) }
            sweepPosition += 1
        }
    }

    private mutating func remove(_ number: Int) {
        let route = routes[number]
        if let place = place(ofClient: route.client, route.server, route.channel) { close(place, byClient) }
        if let place = place(ofPeer: route.peer, port: route.port) { close(place, byPeer) }
        (routes + number).initialize(to: .unused)
        free[freeCount] = UInt32(truncatingIfNeeded: number)
        freeCount += 1
    }

    private mutating func grow() -> Bool {
        guard capacity < limit else { return false }
        let larger = min(capacity * 2, limit)
        let movedRoutes = UnsafeMutablePointer<ForwardingRoute>.allocate(capacity: larger)
        movedRoutes.moveInitialize(from: routes, count: used)
        routes.deallocate()
        routes = movedRoutes
        free.deallocate()  // it is empty: that is why there is no room
        free = .allocate(capacity: larger)
        capacity = larger
        mask = Self.indexSize(for: larger) - 1
        byClient.deallocate()
        byPeer.deallocate()
        byClient = Self.emptyIndex(mask + 1)
        byPeer = Self.emptyIndex(mask + 1)
        for number in 0..<used {
            let route = routes[number]
            insert(number, hash.hash(route.client, route.server, UInt64(route.channel)), byClient)
            insert(number, hash.hash(route.peer, route.port), byPeer)
        }
        return true
    }

    // MARK: Indexes

    private static func indexSize(for capacity: Int) -> Int {
        var size = 2
        while size < 2 * capacity { size *= 2 }
        return size
    }

    private static func emptyIndex(_ size: Int) -> UnsafeMutablePointer<Entry> {
        let index = UnsafeMutablePointer<Entry>.allocate(capacity: size)
        index.initialize(repeating: 0, count: size)
        return index
    }

    private func number(_ entry: Entry) -> Int { Int(truncatingIfNeeded: (entry & 0xFFFF_FFFF) &- 1) }

    private func place(ofClient client: PackedAddress, _ server: PackedAddress, _ channel: UInt16) -> Int? {
        var place = Int(truncatingIfNeeded: hash.hash(client, server, UInt64(channel))) & mask
        while byClient[place] != 0 {
            let route = routes + number(byClient[place])
            if route.pointee.channel == channel, route.pointee.client == client, route.pointee.server == server {
                return place
            }
            place = (place &+ 1) & mask
        }
        return nil
    }

    private func place(ofPeer peer: PackedAddress, port: UInt32) -> Int? {
        var place = Int(truncatingIfNeeded: hash.hash(peer, port)) & mask
        while byPeer[place] != 0 {
            let route = routes + number(byPeer[place])
            if route.pointee.port == port, route.pointee.peer == peer { return place }
            place = (place &+ 1) & mask
        }
        return nil
    }

    private func insert(_ number: Int, _ hash: UInt32, _ index: UnsafeMutablePointer<Entry>) {
        var place = Int(truncatingIfNeeded: hash) & mask
        while index[place] != 0 { place = (place &+ 1) & mask }
        index[place] = UInt64(hash) << 32 | UInt64(UInt32(truncatingIfNeeded: number + 1))
    }

    /// Empties a place, and moves up what was probed past it: so no place is ever marked as deleted.
    private func close(_ emptied: Int, _ index: UnsafeMutablePointer<Entry>) {
        var hole = emptied
        var place = (hole &+ 1) & mask
        while index[place] != 0 {
            let home = Int(truncatingIfNeeded: index[place] >> 32) & mask
            if (place &- home) & mask >= (place &- hole) & mask {
                index[hole] = index[place]
                hole = place
            }
            place = (place &+ 1) & mask
        }
        index[hole] = 0
    }
}

extension ForwardingTable: @unchecked Sendable {}  // unsafe: it owns its memory alone, and cannot be copied
