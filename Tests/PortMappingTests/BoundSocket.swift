import Foundation
import NetPrimitives

#if canImport(Glibc)
    import Glibc
#endif

/// A socket on an IPv4 address of this machine, which its holder closes; over TCP it listens.
struct BoundSocket {
    let descriptor: Int32
    let address: TransportAddress

    /// - Parameter port: 0: a free one.
    init(_ transport: TransportProtocol, on ip: IPAddress = .loopbackV4, port: UInt16 = 0) throws {
        guard case .v4(let bits) = ip else { throw POSIXError(.EAFNOSUPPORT) }
        let descriptor = socket(AF_INET, Int32((transport == .udp ? SOCK_DGRAM : SOCK_STREAM).rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = bits.bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &name) {
            // sockaddr_in begins as sockaddr does.
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound, transport == .udp || listen(descriptor, 8) == 0 else {
            close(descriptor)
            throw POSIXError(.EADDRINUSE)
        }
        self.descriptor = descriptor
        address = TransportAddress(ip: ip, port: UInt16(bigEndian: name.sin_port))
    }
}
