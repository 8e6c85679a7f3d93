import CLinuxNet
import Glibc
import NetPrimitives

/// Receive with GRO, one look-up, send with GSO: what a relay costs before it is a relay.
///
/// Each flow has a port of its own towards its peer, as an allocation has. The packets of one batch are sorted by
/// destination, and each destination's go out as trains.
struct Forwarder: ~Copyable {
    private static let maximumFlows = 8192
    /// Batches taken from one socket before the others have their turn.
    private static let batchesPerTurn = 4
    /// UDP's longest payload.
    private static let maximumTrain = 65_507

    private let address: TransportAddress
    private let listener: Int32
    private let epoll: Int32
    private var table = FlowTable(capacity: 4 * maximumFlows)
    private let sockets = UnsafeMutablePointer<Int32>.allocate(capacity: maximumFlows)
    private let clients = UnsafeMutablePointer<ra_address>.allocate(capacity: maximumFlows)
    private var flowCount = 0
    private let received = ReceiveTrains()
    private let tags = UnsafeMutablePointer<UInt64>.allocate(capacity: Int(RA_MAXIMUM_EVENTS))
    /// Of the batch's messages: the next one for the same flow, -1 for none; per flow the first and last.
    private let following = UnsafeMutablePointer<Int32>.allocate(capacity: ReceiveTrains.size)
    private let first = UnsafeMutablePointer<Int32>.allocate(capacity: maximumFlows)
    private let last = UnsafeMutablePointer<Int32>.allocate(capacity: maximumFlows)
    private let touched = UnsafeMutablePointer<Int32>.allocate(capacity: ReceiveTrains.size)
    private let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: ReceiveTrains.size)
    private let trains = UnsafeMutablePointer<ra_load_train>.allocate(capacity: ReceiveTrains.size)

    static func listening(on address: TransportAddress) throws -> Forwarder {
        let listener = try LoadSocket.udp(bind: address)
        let epoll = ra_epoll_create()
        guard ra_epoll_add(epoll, listener, UInt64.max) == 0 else { throw LoadError.system("epoll_ctl") }
        return Forwarder(address: address, listener: listener, epoll: epoll)
    }

    private init(address: TransportAddress, listener: Int32, epoll: Int32) {
        self.address = address
        self.listener = listener
        self.epoll = epoll
        first.initialize(repeating: -1, count: Self.maximumFlows)
        last.initialize(repeating: -1, count: Self.maximumFlows)
    }

    /// Until it is killed.
    mutating func run() {
        while true {
            let count = Int(ra_epoll_wait(epoll, tags, -1))
            for index in 0..<max(0, count) {
                if tags[index] == UInt64.max { fromClients() } else { fromPeer(Int(tags[index])) }
            }
        }
    }

    private mutating func fromClients() {
        for _ in 0..<Self.batchesPerTurn {
            let count = received.receive(from: listener)
            var touchedCount = 0
            for index in 0..<count {
                let message = received[index]
                let key = UInt64(message.remote_ip) << 16 | UInt64(message.remote_port)
                guard let flow = table[key] else {
                    open(message, key: key)
                    continue
                }
                following[index] = -1
                if first[flow] < 0 {
                    first[flow] = Int32(index)
                    touched[touchedCount] = Int32(flow)
                    touchedCount += 1
                } else {
                    following[Int(last[flow])] = Int32(index)
                }
                last[flow] = Int32(index)
            }
            for index in 0..<touchedCount {
                let flow = Int(touched[index])
                let trainCount = couple(from: Int(first[flow]), to: ra_address())
                ra_load_send_trains(sockets[flow], trains, Int32(trainCount))
                first[flow] = -1
            }
            if count < ReceiveTrains.size { return }
        }
    }

    private mutating func fromPeer(_ flow: Int) {
        for _ in 0..<Self.batchesPerTurn {
            let count = received.receive(from: sockets[flow])
            guard count > 0 else { return }
            for index in 0..<count { following[index] = index + 1 < count ? Int32(index + 1) : -1 }
            let trainCount = couple(from: 0, to: clients[flow])
            ra_load_send_trains(listener, trains, Int32(trainCount))
            if count < ReceiveTrains.size { return }
        }
    }

    /// Makes trains of a chain of messages: as many datagrams of one length as fit, the last of them may be shorter.
    private mutating func couple(from start: Int, to remote: ra_address) -> Int {
        var count = 0
        var vectorCount = 0
        var index = start
        var length = 0
        var segments = 0
        var isOpen = false
        while index >= 0 {
            let message = received[index]
            let pieces = Int((message.length + message.segment - 1) / max(message.segment, 1))
            let fits = isOpen && message.segment <= trains[count - 1].segment && (pieces == 1 || message.segment == trains[count - 1].segment)
                && length + Int(message.length) <= Self.maximumTrain && segments + pieces <= Int(RA_LOAD_MAXIMUM_SEGMENTS)
            vectors[vectorCount] = iovec(iov_base: message.data, iov_len: Int(message.length))
            if fits {
                trains[count - 1].vector_count += 1
                length += Int(message.length)
                segments += pieces
            } else {
                var train = ra_load_train()
                train.vectors = vectors + vectorCount
                train.vector_count = 1
                train.segment = UInt16(message.segment)
                train.remote = remote
                trains[count] = train
                count += 1
                length = Int(message.length)
                segments = pieces
            }
            isOpen = message.length % max(message.segment, 1) == 0 && UInt32(trains[count - 1].segment) == message.segment
            vectorCount += 1
            index = Int(following[index])
        }
        for number in 0..<count where trains[number].vector_count == 1 {
            if Int(trains[number].segment) >= trains[number].vectors[0].iov_len { trains[number].segment = 0 }
        }
        return count
    }

    private mutating func open(_ message: ra_load_received, key: UInt64) {
        guard let data = message.data,
            let request = ForwarderMessage(UnsafeBufferPointer(start: data, count: Int(message.length))),
            flowCount < Self.maximumFlows
        else { return }
        let client = TransportAddress(ip: .v4(message.remote_ip), port: message.remote_port)
        guard let socket = try? LoadSocket.udp(bind: TransportAddress(ip: address.ip, port: 0), connect: request.address),
            let local = LoadSocket.localAddress(socket), ra_epoll_add(epoll, socket, UInt64(flowCount)) == 0
        else { return }
        sockets[flowCount] = socket
        clients[flowCount] = ra_address(client)
        table[key] = flowCount
        flowCount += 1
        let answer = ForwarderMessage(local).bytes
        answer.withUnsafeBufferPointer { bytes in
            // unsafe: used within the closure alone.
            _ = ra_load_send(listener, bytes.baseAddress, bytes.count, ra_address(client))
        }
    }
}

/// From a client's address to its flow: open addressing, never shrinks.
struct FlowTable: ~Copyable {
    private let keys: UnsafeMutablePointer<UInt64>
    private let values: UnsafeMutablePointer<Int32>
    private let mask: Int

    /// `capacity` is a power of two, larger than what is ever put in.
    init(capacity: Int) {
        keys = .allocate(capacity: capacity)
        keys.initialize(repeating: 0, count: capacity)
        values = .allocate(capacity: capacity)
        values.initialize(repeating: 0, count: capacity)
        mask = capacity - 1
    }

    deinit {
        keys.deallocate()
        values.deallocate()
    }

    private func slot(_ key: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
        while keys[slot] != 0, keys[slot] != key { slot = (slot + 1) & mask }
        return slot
    }

    /// A key is not 0.
    subscript(key: UInt64) -> Int? {
        get {
            let slot = slot(key)
            return keys[slot] == key ? Int(values[slot]) : nil
        }
        set {
            guard let newValue else { return }
            let slot = slot(key)
            keys[slot] = key
            values[slot] = Int32(newValue)
        }
    }
}
