import CLinuxNet
import Glibc
import Relay

/// What became of the datagrams that a batch was given.
struct SendCounts: Hashable, BitwiseCopyable {
    var datagrams: UInt64 = 0
    var bytes: UInt64 = 0
    /// Messages with more than one datagram.
    var trains: UInt64 = 0
    /// System calls.
    var calls: UInt64 = 0
    /// Datagrams that the kernel did not take.
    var dropped: UInt64 = 0
    /// Trains that were taken apart.
    var refused: UInt64 = 0
}

// Handing a batch to the kernel. What is not taken is lost, as the network would lose it: nothing is tried later.
extension SendBatch {
    private static let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
    /// Most errors tell of an earlier datagram, once (ICMP), or of a signal: the call is made again, so often at most.
    private static let retries = 3

    /// Sends everything.
    mutating func flush(at now: Int64) {
        for number in 0..<groupCount { send(groups[number], at: now) }
        clear()
    }

    @inline(never)
    private mutating func send(_ group: Group, at now: Int64) {
        if group.first == group.last, sendAlone(trains + group.first) { return }
        let count = prepare(group)
        var (sent, failures) = (0, 0)
        var train = group.first
        while sent < count {
            counts.calls &+= 1
            let taken = ra_sendmmsg(
                group.descriptor, messages + sent, UInt32(truncatingIfNeeded: count &- sent), Self.flags)
            if taken > 0 {
                for _ in 0..<taken { train = countSent(train) }
                sent &+= Int(taken)
                failures = 0
                continue
            }
            let error = errno
            // After a second refusal it is this train that is meant.
            let isRefused = trains[train].datagrams > 1 && Self.isRefusal(error) && failures > 0
            if error != EAGAIN, error != ENOBUFS, !isRefused, failures < Self.retries {
                failures &+= 1
            } else if error == EAGAIN {
                // The socket's buffer is full: what follows would not be taken either.
                while train >= 0 { train = countDropped(train) }
                return
            } else {
                if isRefused {
                    refusals.note(trains[train].outlet.destination, error == EIO ? 0 : trains[train].size, at: now)
                    counts.refused &+= 1
                    sendSingly(trains + train)
                    train = trains[train].next
                } else {
                    train = countDropped(train)
                }
                sent &+= 1
                failures = 0
            }
        }
    }

    /// Sends a socket's only datagram, the usual one where nothing follows another; false when it needs more than that, or
    /// was not taken.
    @inline(__always)
    private mutating func sendAlone(_ train: UnsafeMutablePointer<Train>) -> Bool {
        guard train.pointee.vectors == 1, train.pointee.outlet.source.family == 0 else { return false }
        let vector = vectors(of: train)
        counts.calls &+= 1
        let taken = ra_send_to(
            train.pointee.outlet.descriptor, vector.pointee.iov_base, vector.pointee.iov_len, names + (train - trains),
            Self.nameLength(train), Self.flags)
        guard taken >= 0 else { return false }
        counts.datagrams &+= 1
        counts.bytes &+= UInt64(train.pointee.bytes)
        return true
    }

    private static func nameLength(_ train: UnsafeMutablePointer<Train>) -> socklen_t {
        train.pointee.outlet.destination.family == 6 ? 28 : 16
    }

    /// A device without checksum offload says EIO, a size beyond the MTU EINVAL or EMSGSIZE.
    private static func isRefusal(_ error: Int32) -> Bool { error == EINVAL || error == EIO || error == EMSGSIZE }

    /// Writes the messages of a socket's trains one after another; how many there are.
    @inline(__always)
    private func prepare(_ group: Group) -> Int {
        var (number, count) = (group.first, 0)
        while number >= 0 {
            let train = trains + number
            write(
                messages + count, train, vectors(of: train), train.pointee.vectors,
                segment: train.pointee.datagrams > 1 ? train.pointee.size : 0)
            count &+= 1
            number = train.pointee.next
        }
        return count
    }

    private func write(
        _ message: UnsafeMutablePointer<ra_mmsghdr>, _ train: UnsafeMutablePointer<Train>,
        _ vectors: UnsafeMutablePointer<iovec>, _ count: Int, segment: Int
    ) {
        let number = train - trains
        var header = msghdr()
        header.msg_name = UnsafeMutableRawPointer(names + number)
        header.msg_namelen = Self.nameLength(train)
        header.msg_iov = vectors
        header.msg_iovlen = count
        if segment != 0 || train.pointee.outlet.source.family != 0 {
            let control = controls + number
            header.msg_control = UnsafeMutableRawPointer(control)
            header.msg_controllen = ra_write_control(
                control, ra_address(train.pointee.outlet.source), UInt16(truncatingIfNeeded: segment))
        }
        message.pointee.msg_hdr = header
    }

    /// Takes a train apart. Its datagrams are found again by their size.
    private mutating func sendSingly(_ train: UnsafeMutablePointer<Train>) {
        let end = vectors(of: train) + train.pointee.vectors
        var first = vectors(of: train)
        // The message behind all that `prepare` may have written: those are still to be sent.
        let message = messages + Self.trainLimit
        while first < end {
            var (next, bytes) = (first, 0)
            while next < end, bytes < train.pointee.size {
                bytes &+= next.pointee.iov_len
                next += 1
            }
            write(message, train, first, next - first, segment: 0)
            var attempts = 0
            var taken: Int
            repeat {
                counts.calls &+= 1
                taken = sendmsg(train.pointee.outlet.descriptor, &message.pointee.msg_hdr, Self.flags)
                attempts &+= 1
            } while taken < 0 && errno != EAGAIN && errno != ENOBUFS && attempts <= Self.retries
            if taken < 0 {
                counts.dropped &+= 1
            } else {
                counts.datagrams &+= 1
                counts.bytes &+= UInt64(bytes)
            }
            first = next
        }
    }

    /// The train after it.
    private mutating func countSent(_ number: Int) -> Int {
        counts.datagrams &+= UInt64(trains[number].datagrams)
        counts.bytes &+= UInt64(trains[number].bytes)
        if trains[number].datagrams > 1 { counts.trains &+= 1 }
        return trains[number].next
    }

    private mutating func countDropped(_ number: Int) -> Int {
        counts.dropped &+= UInt64(trains[number].datagrams)
        return trains[number].next
    }
}
