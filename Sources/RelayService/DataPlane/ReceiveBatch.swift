import CLinuxNet
import Glibc

/// Room for the datagrams of one `recvmmsg`; a worker has one and uses it for every socket.
struct ReceiveBatch: ~Copyable {
    /// The longest UDP payload is 65,507 bytes.
    private static let capacity = 65_536
    private static let size = Int(RA_MAXIMUM_BATCH)

    private let storage: UnsafeMutablePointer<UInt8>
    private let datagrams: UnsafeMutablePointer<ra_datagram>

    init() {
        // unsafe: both live as long as the batch; each datagram has its own part of the storage.
        storage = .allocate(capacity: Self.size * Self.capacity)
        datagrams = .allocate(capacity: Self.size)
        for index in 0..<Self.size {
            var datagram = ra_datagram()
            datagram.data = storage + index * Self.capacity
            datagram.capacity = UInt32(Self.capacity)
            (datagrams + index).initialize(to: datagram)
        }
    }

    deinit {
        datagrams.deallocate()
        storage.deallocate()
    }

    /// Takes what has arrived at a socket; how many, 0 when there is nothing or an error that will pass.
    func receive(from descriptor: Int32) -> Int { max(0, Int(ra_receive_batch(descriptor, datagrams, Int32(Self.size)))) }

    /// `index` is below what `receive` returned.
    subscript(index: Int) -> ra_datagram { datagrams[index] }

    /// Whether a further call may bring more.
    func isFull(_ count: Int) -> Bool { count == Self.size }
}

extension ra_datagram {
    /// unsafe: `data` points to `length` bytes of the batch that this came from, until its next `receive`.
    var payload: [UInt8] { Array(UnsafeBufferPointer(start: data, count: Int(length))) }
}
