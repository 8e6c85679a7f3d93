import CLinuxNet
import Glibc

/// Room for one sender's burst: packets side by side, each with its ChannelData header where there is a channel.
struct PacketTrain: ~Copyable {
    private static let capacity = 1 << 16
    private let storage = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    private let lengths = UnsafeMutablePointer<UInt16>.allocate(capacity: Int(RA_LOAD_MAXIMUM_BATCH))
    private let vector = UnsafeMutablePointer<iovec>.allocate(capacity: 1)
    private var train = ra_load_train()
    private var count = 0
    private var stride = 0
    private var length = 0

    deinit {
        storage.deallocate()
        lengths.deallocate()
        vector.deallocate()
    }

    /// Starts again: packets of `size` bytes of data, behind a header of 4 bytes when there is a channel.
    mutating func begin(size: Int, channel: UInt16) {
        stride = size + (channel == 0 ? 0 : 4)
        count = 0
        length = 0
    }

    /// Adds a packet of at most the size that the train began with; only the last one may be shorter.
    mutating func add(
        size: Int, channel: UInt16, sequence: UInt64, flow: Int, direction: Payload.Direction, sentAt: Int64
    ) {
        // unsafe: the command line bounds burst × size so that a train fits the storage.
        var place = storage + length
        let start = place
        if channel != 0 {
            place[0] = UInt8(channel >> 8)
            place[1] = UInt8(channel & 0xFF)
            place[2] = UInt8(size >> 8)
            place[3] = UInt8(size & 0xFF)
            place += 4
        }
        Payload.write(to: place, size: size, sequence: sequence, flow: flow, direction: direction, sentAt: sentAt)
        lengths[count] = UInt16(place - start + size)
        length += place - start + size
        count += 1
    }

    /// Sends what was added over a connected socket; how many packets the kernel took.
    mutating func send(to descriptor: Int32, segmented: Bool) -> Int {
        guard segmented, count > 1 else {
            return max(0, Int(ra_load_send_singles(descriptor, storage, stride, lengths, Int32(count))))
        }
        vector.pointee = iovec(iov_base: storage, iov_len: length)
        train.vectors = vector
        train.vector_count = 1
        train.segment = UInt16(stride)
        return ra_load_send_trains(descriptor, &train, 1) == 1 ? count : 0
    }

    /// Writes what was added to a connection, as one run of bytes.
    mutating func write(to connection: StreamConnection) throws -> Int {
        try connection.write(storage, length) == length ? count : 0
    }
}

/// Room for what one `recvmmsg` brings, joined trains included.
struct ReceiveTrains: ~Copyable {
    private static let capacity = 1 << 16
    static let size = Int(RA_LOAD_MAXIMUM_BATCH)
    private let storage = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * size)
    private let messages = UnsafeMutablePointer<ra_load_received>.allocate(capacity: size)

    init() {
        for index in 0..<Self.size {
            messages[index] = ra_load_received(
                data: storage + index * Self.capacity, capacity: UInt32(Self.capacity), length: 0, segment: 0, remote_ip: 0,
                remote_port: 0)
        }
    }

    deinit {
        storage.deallocate()
        messages.deallocate()
    }

    func receive(from descriptor: Int32) -> Int { max(0, Int(ra_load_receive(descriptor, messages, Int32(Self.size)))) }

    /// unsafe: `data` points into the storage, until the next `receive`.
    subscript(index: Int) -> ra_load_received { messages[index] }
}
