import Glibc

/// Tells when an address, an interface or a route of this host changes.
public enum NetworkWatch {
    /// The kernel's `sockaddr_nl` (netlink(7)).
    private struct Address {
        var family = UInt16(AF_NETLINK)
        var padding: UInt16 = 0
        var port: UInt32 = 0
        /// A bit for each kind of news (rtnetlink(7)): links, and addresses and routes of either family.
        var groups: UInt32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
    }

    /// Opens a descriptor that becomes readable with each change; what is read from it says nothing more than that, since
    /// `HostInterface.all()` knows better. Nil where the system gives none. It is the caller's to close.
    public static func open() -> CInt? {
        // The values of SOCK_NONBLOCK and SOCK_CLOEXEC are those of O_NONBLOCK and O_CLOEXEC (socket(2)).
        let type = CInt(SOCK_RAW.rawValue) | O_NONBLOCK | O_CLOEXEC
        let descriptor = socket(AF_NETLINK, type, 0)  // NETLINK_ROUTE
        guard descriptor >= 0 else { return nil }
        let isBound = withUnsafeBytes(of: Address()) { bytes in
            // bind(2) takes any address that begins with its family.
            bytes.baseAddress.map {
                bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) == 0
            } ?? false
        }
        guard isBound else {
            Glibc.close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Closes what `open` gave and nobody has taken.
    public static func close(_ descriptor: CInt) { _ = Glibc.close(descriptor) }
}
