import CLinuxNet
import Glibc
import NetPrimitives
import TURN

/// A bound, non-blocking UDP socket that closes with its owner.
final class UDPSocket: Sendable {
    let descriptor: Int32
    /// As bound: a listener's may be the wildcard.
    let address: TransportAddress

    /// - Parameters:
    ///   - sharesPort: several sockets of ours have the address, and the kernel spreads the flows (`SO_REUSEPORT`).
    ///   - wantsDestination: each datagram comes with the address that it was sent to.
    ///   - reportsErrors: what becomes of sent datagrams is kept for `nextError()`.
    ///   - bufferSize: bytes that the kernel may hold in each direction.
    init(
        bind address: TransportAddress, sharesPort: Bool = false, wantsDestination: Bool = false,
        reportsErrors: Bool = false, bufferSize: Int32
    ) throws(SystemError) {
        let family: Int32 = address.family == .ipv6 ? 6 : 4
        let descriptor = ra_udp_socket(family)
        guard descriptor >= 0 else { throw .current }
        guard !sharesPort || ra_reuse_port(descriptor) == 0,
            !wantsDestination || ra_want_packet_info(descriptor, family) == 0,
            !reportsErrors || ra_report_errors(descriptor, family) == 0,
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
    ///
    /// - Returns: false when it was lost here.
    @discardableResult
    func send(_ payload: [UInt8], to remote: TransportAddress, from local: IPAddress? = nil) -> Bool {
        let source = local.map { ra_address(TransportAddress(ip: $0, port: 0)) } ?? CLinuxNet.ra_address()
        return payload.withUnsafeBufferPointer { bytes in
            var attempts = 0
            // unsafe: the pointer is used within the closure alone.
            while ra_send(descriptor, bytes.baseAddress, bytes.count, ra_address(remote), source) < 0 {
                guard errno != EAGAIN, errno != ENOBUFS, attempts < 3 else { return false }
                attempts += 1  // most errors tell of an earlier datagram, once, and this one was not sent
            }
            return true
        }
    }

    /// Sends a datagram with the DF bit; of a socket that reports errors, which also tells when it is too long.
    func sendUnfragmented(_ payload: [UInt8], to remote: TransportAddress) -> Bool {
        // unsafe: the pointer is used within the closure alone.
        payload.withUnsafeBufferPointer { bytes in
            ra_send_unfragmented(descriptor, bytes.baseAddress, bytes.count, ra_address(remote)) >= 0
        }
    }

    /// What became of an earlier datagram and where it was sent, of a socket that reports errors.
    enum ReportedError: Hashable {
        case icmp(ICMP, TransportAddress)
        /// Something else: there may be more behind it.
        case other
    }

    /// nil when there is no further one.
    func nextError() -> ReportedError? {
        var error = ra_error()
        let result = ra_receive_error(descriptor, &error)
        guard result >= 0 else { return nil }
        guard result == 1, let remote = TransportAddress(error.remote) else { return .other }
        return .icmp(ICMP(type: error.type, code: error.code, mtu: error.mtu, family: remote.family), remote)
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
