import COpenSSL
import NetPrimitives

/// The two ends of an endpoint's packet path, as OpenSSL sees it through a BIO: one write is one datagram, one read is
/// one datagram. (Memory BIOs are byte streams: they lose where a datagram ends, and with it the truncated ones.)
final class DatagramPort {
    /// The datagram that is being received; taken by the next read.
    var incoming: [UInt8]?
    /// Datagrams to send, oldest first.
    private(set) var outgoing: [[UInt8]] = []
    /// A server's: the cookies that the client may return, the one it is given first.
    var cookies: [[UInt8]] = []
    let mtu: Int
    /// The first handshake retransmission's delay, in microseconds.
    let firstRetransmission: UInt32

    init(mtu: Int, firstRetransmission: Duration) {
        self.mtu = mtu
        // 60 s is the longest that RFC 6347 section 4.2.4.1 lets a timer grow to.
        let bounded = max(.milliseconds(1), min(firstRetransmission, .seconds(60)))
        self.firstRetransmission = UInt32(clamping: bounded.nanoseconds / 1000)
    }

    func takeOutgoing() -> [[UInt8]] {
        defer { outgoing.removeAll(keepingCapacity: true) }
        return outgoing
    }

    /// A path that does not drain loses datagrams, as any path does; 1024 of them are a megabyte.
    func append(_ datagram: [UInt8]) {
        if outgoing.count < 1024 { outgoing.append(datagram) }
    }

    /// A BIO on this port, owned by the caller. The port must outlive it: the endpoint holds both.
    func makeBIO() -> OpaquePointer? {
        guard let method = Self.method.pointer, let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    /// The port behind a BIO that `makeBIO` made.
    static func port(of bio: OpaquePointer?) -> DatagramPort? {
        // Holds because only `makeBIO` puts anything there, and the endpoint frees the BIO before it lets the port go.
        guard let bio, let data = BIO_get_data(bio) else { return nil }
        return Unmanaged<DatagramPort>.fromOpaque(data).takeUnretainedValue()
    }
}

extension DatagramPort {
    /// Made once for the process, read-only afterwards: that is why sharing the pointer holds.
    private struct Method: @unchecked Sendable {
        let pointer: OpaquePointer?
    }

    private static let method = Method(pointer: makeMethod())

    private static func makeMethod() -> OpaquePointer? {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagram port") else { return nil }
        BIO_meth_set_write(method) { bio, bytes, count in
            guard let port = DatagramPort.port(of: bio), let bytes, count >= 0 else { return -1 }
            ra_ossl_clear_retry(bio)
            port.append(Array(UnsafeRawBufferPointer(start: bytes, count: Int(count))))
            return count
        }
        BIO_meth_set_read(method) { bio, bytes, count in
            guard let port = DatagramPort.port(of: bio), let bytes, count >= 0 else { return -1 }
            guard let datagram = port.incoming else {
                ra_ossl_retry_read(bio)
                return -1
            }
            port.incoming = nil
            ra_ossl_clear_retry(bio)
            let taken = min(datagram.count, Int(count))  // the rest of a datagram is lost, as with recvfrom
            UnsafeMutableRawBufferPointer(start: bytes, count: taken).copyBytes(from: datagram.prefix(taken))
            return Int32(taken)
        }
        BIO_meth_set_ctrl(method) { bio, command, _, _ in
            switch command {
            case BIO_CTRL_FLUSH, BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT: 1
            case BIO_CTRL_DGRAM_QUERY_MTU, BIO_CTRL_DGRAM_GET_MTU, BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
                DatagramPort.port(of: bio)?.mtu ?? 0
            // What lies beneath (UDP, TURN) is already outside our `mtu`: so no overhead either.
            default: 0
            }
        }
        return method
    }
}
