public import Glibc
public import NetPrimitives

/// A network interface of this host that is up, with one of its addresses.
public struct HostInterface: Hashable, Sendable {
    public var name: String
    public var address: IPAddress

    /// Every address of every interface that is up, in the system's order: getifaddrs(3).
    public static func all() -> [HostInterface] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0, let first = list else { return [] }
        defer { freeifaddrs(list) }
        // The list is the C library's until freeifaddrs; everything is copied out of it before.
        var interfaces: [HostInterface] = []
        var next: UnsafeMutablePointer<ifaddrs>? = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let socketAddress = entry.ifa_addr, let name = entry.ifa_name,
                entry.ifa_flags & UInt32(IFF_UP) != 0, let address = IPAddress(socketAddress)
            else { continue }
            interfaces.append(HostInterface(name: String(cString: name), address: address))
        }
        return interfaces
    }
}

extension IPAddress {
    /// The address in a C library's structure; nil for a family that is neither IPv4 nor IPv6.
    public init?(_ pointer: UnsafeMutablePointer<sockaddr>) {
        switch Int32(pointer.pointee.sa_family) {
        case AF_INET:
            // The family says that the memory holds a sockaddr_in.
            self = pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                .v4(UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
            }
        case AF_INET6:
            // The family says that the memory holds a sockaddr_in6.
            let octets = pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin6_addr) { Array($0) }
            }
            self.init(octets: octets)
        default:
            return nil
        }
    }
}
