import Glibc
import HostNetwork
import NIOCore
import NIOTransport
import NetPrimitives

/// A UDP port that talks to one address alone, and is told of the ICMP errors that come back from it.
///
/// Its calls block. SwiftNIO's connected datagram channels stop the process at some ICMP errors (2.101: EPOLLERR
/// when SO_ERROR has been read already), and here those errors are what we are after.
struct ConnectedDatagramSocket: ~Copyable {
    /// What the system said: an ICMP error, or its own refusal.
    struct Failure: Error {
        var errno: Int32
    }

    private let descriptor: Int32

    init(to remote: TransportAddress) throws {
        let isIPv4 = remote.family == .ipv4
        descriptor = socket(isIPv4 ? AF_INET : AF_INET6, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(errno: errno) }
        // Without these options Linux tells a UDP socket of "port unreachable" alone (ip(7), ipv6(7)).
        var yes: Int32 = 1
        _ =
            isIPv4
            ? setsockopt(descriptor, Int32(IPPROTO_IP), IP_RECVERR, &yes, socklen_t(MemoryLayout<Int32>.size))
            : setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_RECVERR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let code = try SocketAddress(remote).withSockAddr { pointer, size in
            connect(descriptor, pointer, socklen_t(size))
        }
        guard code == 0 else { throw Failure(errno: errno) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Sends one datagram, and throws what earlier ones have met.
    func send(_ bytes: [UInt8]) throws(Failure) {
        let sent = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        if sent < 0, errno != EAGAIN, errno != ENOBUFS { throw Failure(errno: errno) }
    }

    /// The next datagram, cut to 2048 bytes; nil when none came until `deadline`.
    func receive(until deadline: Instant) throws(Failure) -> [UInt8]? {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // Rounded up, so that the deadline has passed when nothing came.
        let wait = (deadline - MonotonicClock.now()).milliseconds + 1
        guard poll(&watched, 1, Int32(clamping: max(wait, 0))) > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 2048)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count < 0 {
            if errno == EAGAIN || errno == EINTR { return nil }
            throw Failure(errno: errno)
        }
        return Array(buffer.prefix(count))
    }

    /// The address of ours that packets to `remote` leave from; nothing is sent. nil when there is no way there.
    static func localAddress(facing remote: TransportAddress) -> IPAddress? {
        guard let socket = try? ConnectedDatagramSocket(to: remote) else { return nil }
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) {
            // A sockaddr_storage is laid out to be read as a sockaddr, whose family tells the rest.
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                getsockname(socket.descriptor, pointer, &size) == 0 ? IPAddress(pointer) : nil
            }
        }
    }
}
