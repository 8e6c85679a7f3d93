import Glibc
import HostNetwork
import NIOCore
import NIOPosix
import NIOTransport
import NetPrimitives

/// Looks names up without blocking an event loop: getaddrinfo(3) on threads of its own.
struct NameResolver: Sendable {
    let pool: NIOThreadPool

    /// The addresses of a name, in the system's order of preference; of a literal address, itself.
    func resolve(_ host: String, port: UInt16) async -> [TransportAddress] {
        if let ip = IPAddress(host) { return [TransportAddress(ip: ip, port: port)] }
        return (try? await pool.runIfActive { Self.lookUp(host, port: port) }) ?? []
    }

    private static func lookUp(_ host: String, port: UInt16) -> [TransportAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        hints.ai_flags = Int32(AI_ADDRCONFIG)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0, let first = list else { return [] }
        defer { freeaddrinfo(list) }
        // The list is the C library's until freeaddrinfo; everything is copied out of it before.
        var addresses: [TransportAddress] = []
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let address = entry.ai_addr else { continue }
            if let ip = IPAddress(address) { addresses.append(TransportAddress(ip: ip, port: port)) }
        }
        return addresses
    }
}
