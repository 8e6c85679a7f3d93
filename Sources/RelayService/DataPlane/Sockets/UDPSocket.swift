import CLinuxNet
import Glibc
import NetPrimitives
import Relay
import TURN

/// A bound, non-blocking UDP socket that closes with its owner.
final class UDPSocket: Sendable {
    let descriptor: Int32
    /// As bound: a listener's may be the wildcard.
    let address: TransportAddress

    /// Consecutive datagrams of one sender come as one message.
    ///
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
            ra_bind(descriptor, ra_address(PackedAddress(address))) == 0
        else {
            let error = SystemError.current
            close(descriptor)
            throw error
        }
        ra_buffer_sizes(descriptor, bufferSize)
        ra_want_aggregates(descriptor)
        self.descriptor = descriptor
        self.address = address.port != 0 ? address : TransportAddress(PackedAddress(ra_local_address(descriptor))) ?? address
    }

    deinit { close(descriptor) }

    /// Sends a datagram with the DF bit; of a socket that reports errors, which also tells when it is too long.
    func sendUnfragmented(_ payload: [UInt8], to remote: TransportAddress) -> Bool {
        // unsafe: the pointer is used within the closure alone.
        payload.withUnsafeBufferPointer { bytes in
            ra_send_unfragmented(descriptor, bytes.baseAddress, bytes.count, ra_address(PackedAddress(remote))) >= 0
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
        guard result == 1, let remote = TransportAddress(PackedAddress(error.remote)) else { return .other }
        return .icmp(ICMP(type: error.type, code: error.code, mtu: error.mtu, family: remote.family), remote)
    }
}
