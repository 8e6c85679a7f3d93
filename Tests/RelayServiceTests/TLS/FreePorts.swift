import Glibc

/// Ports of 127.0.0.1 that nobody listens on, each another one.
func freePorts(_ count: Int) -> [UInt16] {
    let sockets = (0..<count).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
    defer { sockets.forEach { close($0) } }
    return sockets.map { descriptor in
        // `sockaddr_in` by its bytes (the family, which is the machine's own order; port; address): which C module the structure
        // itself comes from depends on who else is imported.
        var address = [UInt8](repeating: 0, count: 16)
        address.withUnsafeMutableBytes {
            $0.storeBytes(of: UInt16(AF_INET), as: UInt16.self)
            $0.storeBytes(of: UInt32(0x7F00_0001).bigEndian, toByteOffset: 4, as: UInt32.self)
        }
        var size = socklen_t(address.count)
        return address.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                _ = bind(descriptor, $0.baseAddress, size)
                _ = getsockname(descriptor, $0.baseAddress, &size)
            }
            return UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
        }
    }
}
