import CLinuxNet
import Glibc
import NetPrimitives

/// A call of the system that failed, and the error's number.
struct LoadError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// The last error of the system.
    static func system(_ call: String) -> LoadError { LoadError("\(call): \(String(cString: strerror(errno)))") }
}

/// Sockets of the generator. Their descriptors are closed by the end of the process or by who made them.
enum LoadSocket {
    /// What the kernel may hold: the generator never loses a packet that reached it.
    private static let bufferSize: Int32 = 64 << 20

    static func udp(bind address: TransportAddress, connect remote: TransportAddress? = nil) throws -> Int32 {
        let descriptor = ra_udp_socket(4)
        guard descriptor >= 0 else { throw LoadError.system("socket") }
        guard ra_load_reuse_address(descriptor) == 0, ra_bind(descriptor, ra_address(address)) == 0 else {
            throw LoadError.system("bind \(address)")
        }
        ra_buffer_sizes(descriptor, bufferSize)
        guard ra_load_receive_joined(descriptor) == 0 else { throw LoadError.system("UDP_GRO") }
        if let remote { try connect(descriptor, to: remote) }
        return descriptor
    }

    static func tcp(bind address: TransportAddress, connect remote: TransportAddress) throws -> Int32 {
        let descriptor = ra_load_tcp_socket()
        guard descriptor >= 0 else { throw LoadError.system("socket") }
        guard ra_load_reuse_address(descriptor) == 0, ra_bind(descriptor, ra_address(address)) == 0 else {
            throw LoadError.system("bind \(address)")
        }
        try connect(descriptor, to: remote)
        guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else { throw LoadError.system("fcntl") }
        return descriptor
    }

    private static func connect(_ descriptor: Int32, to remote: TransportAddress) throws {
        guard ra_load_connect(descriptor, ra_address(remote)) == 0 else { throw LoadError.system("connect \(remote)") }
    }

    static func localAddress(_ descriptor: Int32) -> TransportAddress? {
        let address = ra_local_address(descriptor)
        let ip = UInt32(truncatingIfNeeded: address.low)
        return address.family == 4 ? TransportAddress(ip: .v4(ip), port: address.port) : nil
    }

    /// Waits until there is something to read, so many milliseconds at most.
    static func wait(_ descriptor: Int32, milliseconds: Int32) {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&watched, 1, milliseconds)
    }
}

extension ra_address {
    /// An IPv4 address; the load knows no other.
    init(_ address: TransportAddress) {
        self.init(high: 0, low: UInt64(address.bits), port: address.port, family: 4)
    }
}

extension TransportAddress {
    /// The IPv4 address as a number; 0 for another family.
    var bits: UInt32 {
        if case .v4(let bits) = ip { return bits }
        return 0
    }
}
