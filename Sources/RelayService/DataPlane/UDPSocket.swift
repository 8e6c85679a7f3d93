import CLinuxNet
import Glibc
import NetPrimitives

/// A bound, non-blocking UDP socket that closes with its owner.
final class UDPSocket: Sendable {
    let descriptor: Int32
    /// As bound: a listener's may be the wildcard.
    let address: TransportAddress

    /// - Parameters:
    ///   - sharesPort: several sockets of ours have the address, and the kernel spreads the flows (`SO_REUSEPORT`).
    ///   - wantsDestination: each datagram comes with the address that it was sent to.
    ///   - bufferSize: bytes that the kernel may hold in each direction.
    init(
        bind address: TransportAddress, sharesPort: Bool = false, wantsDestination: Bool = false, bufferSize: Int32
    ) throws(SystemError) {
        let family: Int32 = address.family == .ipv6 ? 6 : 4
        let descriptor = ra_udp_socket(family)
        guard descriptor >= 0 else { throw .current }
        guard !sharesPort || ra_reuse_port(descriptor) == 0,
            !wantsDestination || ra_want_packet_info(descriptor, family) == 0,
            ra_bind(descriptor, ra_address(address)) == 0
        else {
            let error = SystemError.current
            close(descriptor)
            throw error
        }
        ra_buffer_sizes(descriptor, bufferSize)
        self.descriptor = descriptor
        self.address = TransportAddress(ra_local_address(descriptor)) ?? address
    }

    deinit { close(descriptor) }

    /// Sends a datagram, or loses it as the network would: EAGAIN, ENOBUFS, ECONNREFUSED, EPERM… stop nobody.
    func send(_ payload: [UInt8], to remote: TransportAddress, from local: IPAddress? = nil) {
        let source = local.map { ra_address(TransportAddress(ip: $0, port: 0)) } ?? CLinuxNet.ra_address()
        payload.withUnsafeBufferPointer { bytes in
            var attempts = 0
            // unsafe: the pointer is used within the closure alone.
            while ra_send(descriptor, bytes.baseAddress, bytes.count, ra_address(remote), source) < 0,
                errno == EINTR || (errno == ECONNREFUSED && attempts == 0)
            {
                attempts += 1  // ECONNREFUSED tells of an earlier datagram, and this one was not sent
                if attempts > 3 { return }
            }
        }
    }
}

extension ra_address {
    init(_ address: TransportAddress) {
        self.init()
        port = address.port
        family = address.family == .ipv6 ? 6 : 4
        withUnsafeMutableBytes(of: &octets) { bytes in
            switch address.ip {
            case .v4(let bits):
                bytes.storeBytes(of: bits.bigEndian, as: UInt32.self)
            case .v6(let high, let low):
                bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
                bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
        }
    }

    /// nil when there is none.
    var ip: IPAddress? {
        withUnsafeBytes(of: octets) { bytes in
            switch family {
            case 4: .v4(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
            case 6:
                .v6(
                    UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
            default: nil
            }
        }
    }
}

extension TransportAddress {
    init?(_ address: ra_address) {
        guard let ip = address.ip else { return nil }
        self.init(ip: ip, port: address.port)
    }
}
