import CLinuxNet
import Glibc
import Relay

/// Memory for the messages of some `recvmmsg` calls, kept until what was made of them is sent.
///
/// With `UDP_GRO` a message is one datagram, or several of one sender that have one size (the last may be shorter).
struct ReceiveRing: ~Copyable {
    /// One `recvmmsg` call's messages at most.
    static let batchSize = 64
    /// Messages in all: as many datagrams may wait for each other's trains while nothing has to wait for them.
    static let size = 256
    /// In front of every message: room to write a ChannelData header there instead of giving the kernel two pieces.
    static let headroom = 64

    /// What the kernel puts together is at most 64 KiB. The odd rest keeps the messages' beginnings from all falling
    /// into the same set of the caches.
    private static let stride = 65_536 + 17 * 64

    private let storage: UnsafeMutableRawPointer
    private let messages: UnsafeMutablePointer<ra_mmsghdr>
    private let vectors: UnsafeMutablePointer<iovec>
    private let names: UnsafeMutablePointer<ra_name>
    private let controls: UnsafeMutablePointer<ra_control>
    /// Messages that hold something.
    private(set) var count = 0

    init() {
        // unsafe: all of it lives as long as the ring; message `index` has the parts with the same index.
        storage = .allocate(byteCount: Self.size * Self.stride, alignment: 4096)
        messages = .allocate(capacity: Self.size)
        vectors = .allocate(capacity: Self.size)
        names = .allocate(capacity: Self.size)
        controls = .allocate(capacity: Self.size)
        names.initialize(repeating: ra_name(), count: Self.size)
        controls.initialize(repeating: ra_control(), count: Self.size)
        for index in 0..<Self.size {
            (vectors + index).initialize(
                to: iovec(
                    iov_base: storage + index * Self.stride + Self.headroom,
                    iov_len: Self.stride - Self.headroom))
            var message = ra_mmsghdr()
            message.msg_hdr.msg_name = UnsafeMutableRawPointer(names + index)
            message.msg_hdr.msg_iov = vectors + index
            message.msg_hdr.msg_iovlen = 1
            message.msg_hdr.msg_control = UnsafeMutableRawPointer(controls + index)
            (messages + index).initialize(to: message)
        }
    }

    deinit {
        storage.deallocate()
        messages.deallocate()
        vectors.deallocate()
        names.deallocate()
        controls.deallocate()
    }

    var room: Int { Self.size &- count }

    /// Takes up to `limit` messages that have arrived at a socket; how many, 0 when there is nothing or an error that
    /// will pass. Their indexes are the last ones below `count`.
    @inline(never)
    mutating func receive(from descriptor: Int32, limit: Int) -> Int {
        let wanted = min(limit, room)
        for index in count..<(count &+ wanted) {
            messages[index].msg_hdr.msg_namelen = socklen_t(MemoryLayout<ra_name>.size)
            messages[index].msg_hdr.msg_controllen = MemoryLayout<ra_control>.size
        }
        var received: Int32
        var attempts = 0
        repeat {
            received = ra_recvmmsg(
                descriptor, messages + count, UInt32(truncatingIfNeeded: wanted), Int32(MSG_DONTWAIT), nil)
            attempts &+= 1
            // An error of an earlier datagram's is told once, and hides what has arrived.
        } while received < 0 && errno != EAGAIN && attempts < 2
        guard received > 0 else { return 0 }
        count &+= Int(received)
        return Int(received)
    }

    /// Forgets everything: what was made of it has been sent.
    mutating func clear() { count = 0 }

    // MARK: One message, `index` below `count`

    /// unsafe: good until `clear()`; there are `headroom` bytes in front of it and `length` behind.
    func bytes(of index: Int) -> UnsafeMutableRawPointer { storage + (index &* Self.stride &+ Self.headroom) }

    func length(of index: Int) -> Int { Int(messages[index].msg_len) }

    func remote(of index: Int) -> PackedAddress { PackedAddress(ra_read_name(names + index)) }

    /// The address that it was sent to, where that was asked for, and the size of its datagrams, 0 for a single one.
    func arrival(of index: Int) -> ra_arrival { ra_read_control(&messages[index].msg_hdr) }
}
