import CLinuxNet
import Glibc
import Relay

/// Where a datagram leaves: by which socket, to whom, and from which of the socket's addresses.
struct Outlet: Hashable, BitwiseCopyable {
    var destination: PackedAddress
    /// `.none` where the socket has one address.
    var source: PackedAddress
    var descriptor: Int32
}

/// Datagrams that are about to be sent, gathered into trains: consecutive datagrams of one outlet and one size, the
/// last of which may be shorter. A train is one message with `UDP_SEGMENT`, and one `sendmmsg` takes all of a socket.
///
/// Every outlet has its own open train, so mixed destinations do not end each other's. The order of an outlet's
/// datagrams is kept. Nothing is copied: bytes stay where they are until `flush`, which happens by itself when there is
/// no room, and is never put off in order to gather more than has already arrived.
struct SendBatch: ~Copyable {
    /// Linux's UDP_MAX_SEGMENTS; newer kernels take 128.
    static let maximumDatagrams = 64
    /// What one IPv4 datagram could carry: the kernel counts a train as one.
    static let maximumBytes = 65_507
    /// Trains at most between two flushes.
    static let trainLimit = 256
    /// A header and a body for each datagram; the odd rest spreads the trains over the caches' sets.
    static let vectorsPerTrain = 2 * maximumDatagrams + 4
    private static let headerLimit = 4096
    /// Two of the longest datagrams that the machine makes.
    private static let copyLimit = 2 * 65_536

    struct Train: BitwiseCopyable {
        var outlet: Outlet
        /// Bytes of every datagram but perhaps the last.
        var size: Int
        var bytes: Int
        var datagrams: Int
        var vectors: Int
        var isOpen: Bool
        /// The next train of the same socket, -1 when there is none.
        var next: Int
    }

    /// The trains of one socket, in their order.
    struct Group: BitwiseCopyable {
        var descriptor: Int32
        var first: Int
        var last: Int
    }

    let trains: UnsafeMutablePointer<Train>
    let vectors: UnsafeMutablePointer<iovec>
    let names: UnsafeMutablePointer<ra_name>
    let controls: UnsafeMutablePointer<ra_control>
    /// One more than there are trains: a datagram of a refused train is sent by the last.
    let messages: UnsafeMutablePointer<ra_mmsghdr>
    let groups: UnsafeMutablePointer<Group>
    private let headers: UnsafeMutablePointer<UInt32>
    private let copies: UnsafeMutableRawPointer
    private var trainIndex = BatchIndex(capacity: trainLimit)
    private var groupIndex = BatchIndex(capacity: trainLimit)
    private(set) var trainCount = 0
    private(set) var groupCount = 0
    private var headerCount = 0
    private var copiedBytes = 0
    /// The train that was added to last: the next datagram is most often for it.
    private var lastTrain = 0
    var refusals = SegmentationRefusals()
    var counts = SendCounts()

    init() {
        // unsafe: all of it lives as long as the batch; numbers below the counts are initialized.
        trains = .allocate(capacity: Self.trainLimit)
        vectors = .allocate(capacity: Self.trainLimit * Self.vectorsPerTrain)
        names = .allocate(capacity: Self.trainLimit)
        controls = .allocate(capacity: Self.trainLimit)
        messages = .allocate(capacity: Self.trainLimit + 1)
        groups = .allocate(capacity: Self.trainLimit)
        headers = .allocate(capacity: Self.headerLimit)
        copies = .allocate(byteCount: Self.copyLimit, alignment: 64)
        names.initialize(repeating: ra_name(), count: Self.trainLimit)
        controls.initialize(repeating: ra_control(), count: Self.trainLimit)
        messages.initialize(repeating: ra_mmsghdr(), count: Self.trainLimit + 1)
    }

    deinit {
        trains.deallocate()
        vectors.deallocate()
        names.deallocate()
        controls.deallocate()
        messages.deallocate()
        groups.deallocate()
        headers.deallocate()
        copies.deallocate()
    }

    // MARK: Adding

    /// Adds a datagram that lies in one piece.
    ///
    /// unsafe: `bytes` are left alone until `flush`.
    mutating func add(_ bytes: UnsafeMutableRawPointer, count: Int, to outlet: Outlet, at now: Int64) {
        let train = trains + train(for: outlet, count, at: now)
        (vectors(of: train) + train.pointee.vectors).initialize(to: iovec(iov_base: bytes, iov_len: count))
        train.pointee.vectors &+= 1
    }

    /// Adds a datagram that is four bytes and what follows them.
    ///
    /// - Parameter header: the bytes as they lie in memory.
    /// unsafe: `bytes` are left alone until `flush`.
    mutating func add(
        header: UInt32, _ bytes: UnsafeMutableRawPointer, count: Int, to outlet: Outlet, at now: Int64
    ) {
        if headerCount == Self.headerLimit { flush(at: now) }
        let place = headers + headerCount
        place.initialize(to: header)
        headerCount &+= 1
        let train = trains + train(for: outlet, count &+ 4, at: now)
        let vector = vectors(of: train) + train.pointee.vectors
        vector.initialize(to: iovec(iov_base: UnsafeMutableRawPointer(place), iov_len: 4))
        (vector + 1).initialize(to: iovec(iov_base: bytes, iov_len: count))
        train.pointee.vectors &+= 2
    }

    /// Adds a copy of a datagram: what the machine wrote. Longer ones than UDP carries are dropped.
    mutating func add(copy bytes: UnsafeRawBufferPointer, to outlet: Outlet, at now: Int64) {
        guard bytes.count <= Self.maximumBytes else { return counts.dropped &+= 1 }
        if copiedBytes &+ bytes.count > Self.copyLimit { flush(at: now) }
        let place = copies + copiedBytes
        if let from = bytes.baseAddress { place.copyMemory(from: from, byteCount: bytes.count) }
        copiedBytes &+= bytes.count
        add(place, count: bytes.count, to: outlet, at: now)
    }

    /// Empties the batch; `send` has taken it.
    mutating func clear() {
        (trainCount, groupCount, headerCount, copiedBytes, lastTrain) = (0, 0, 0, 0, 0)
        trainIndex.clear()
        groupIndex.clear()
    }

    func vectors(of train: UnsafeMutablePointer<Train>) -> UnsafeMutablePointer<iovec> {
        vectors + (train - trains) &* Self.vectorsPerTrain
    }

    // MARK: Trains

    /// The train that a datagram of `size` bytes belongs to; it counts as part of it.
    private mutating func train(for outlet: Outlet, _ size: Int, at now: Int64) -> Int {
        var number = lastTrain
        if number >= trainCount || trains[number].outlet != outlet {
            number = openTrain(of: outlet)
        }
        if number >= 0 {
            let train = trains + number
            if train.pointee.isOpen, size <= train.pointee.size, size > 0,
                train.pointee.bytes &+ size <= Self.maximumBytes
            {
                train.pointee.bytes &+= size
                train.pointee.datagrams &+= 1
                if size < train.pointee.size || train.pointee.datagrams == Self.maximumDatagrams {
                    train.pointee.isOpen = false
                }
                lastTrain = number
                return number
            }
        }
        lastTrain = begin(outlet, size, at: now)
        return lastTrain
    }

    /// The latest train of an outlet, -1 when it has none.
    ///
    /// In line, as what only looks at a value that is being changed is given a copy of it: 216 bytes.
    @inline(__always)
    private func openTrain(of outlet: Outlet) -> Int {
        var place = trainIndex.place(for: Self.hash(outlet))
        while true {
            let number = trainIndex[place]
            if number < 0 || trains[number].outlet == outlet { return number }
            place = trainIndex.place(after: place)
        }
    }

    @inline(never)
    private mutating func begin(_ outlet: Outlet, _ size: Int, at now: Int64) -> Int {
        if trainCount == Self.trainLimit { flushKeepingPieces(at: now) }
        let number = trainCount
        trainCount &+= 1
        let mayGrow = size > 0 && !refusals.refuses(outlet.destination, size, at: now)
        (trains + number).initialize(
            to: Train(outlet: outlet, size: size, bytes: size, datagrams: 1, vectors: 0, isOpen: mayGrow, next: -1))
        _ = ra_write_name(names + number, ra_address(outlet.destination))
        var place = trainIndex.place(for: Self.hash(outlet))
        while trainIndex[place] >= 0, trains[trainIndex[place]].outlet != outlet { place = trainIndex.place(after: place) }
        trainIndex[place] = number
        join(number, outlet.descriptor)
        return number
    }

    /// Puts a train at the end of its socket's.
    private mutating func join(_ number: Int, _ descriptor: Int32) {
        var place = groupIndex.place(for: UInt64(UInt32(bitPattern: descriptor)))
        while true {
            let group = groupIndex[place]
            if group < 0 { break }
            if groups[group].descriptor == descriptor {
                trains[groups[group].last].next = number
                groups[group].last = number
                return
            }
            place = groupIndex.place(after: place)
        }
        (groups + groupCount).initialize(to: Group(descriptor: descriptor, first: number, last: number))
        groupIndex[place] = groupCount
        groupCount &+= 1
    }

    /// Everything is sent, but a header that was just written for the next datagram is not given away again.
    private mutating func flushKeepingPieces(at now: Int64) {
        let (headerCount, copiedBytes) = (headerCount, copiedBytes)
        flush(at: now)
        (self.headerCount, self.copiedBytes) = (headerCount, copiedBytes)
    }

    private static func hash(_ outlet: Outlet) -> UInt64 {
        // Not seeded: who finds two destinations that collide costs a comparison, in a table of one batch.
        var bits = outlet.destination.low &* 0x9E37_79B9_7F4A_7C15
        bits ^= (outlet.destination.high &+ UInt64(outlet.destination.familyAndPort)) &* 0xC2B2_AE3D_27D4_EB4F
        bits ^= UInt64(UInt32(bitPattern: outlet.descriptor)) &* 0x1656_67B1_9E37_79F9
        return bits ^ bits >> 29
    }
}
