import CLinuxNet
package import NetPrimitives

/// A UDP socket that is connected to a router: it sends there and hears nobody else.
package final class RouterSocket: Sendable {
    let descriptor: Int32
    /// Where it sends from.
    package let local: IPAddress

    /// - Parameters:
    ///   - local: The address to send from; nil for the one that faces the router.
    ///   - interface: For a router that has a link-local address.
    package init?(local: IPAddress?, router: TransportAddress, interface: String? = nil) {
        let source = local.map { ra_address(TransportAddress(ip: $0, port: 0)) } ?? ra_address()
        descriptor = ra_router_socket(source, ra_address(router), interface.map { ra_interface_number($0) } ?? 0)
        guard descriptor >= 0 else { return nil }
        guard let facing = TransportAddress(ra_local_address(descriptor)) else {
            ra_close(descriptor)
            return nil
        }
        self.local = facing.ip
    }

    deinit { ra_close(descriptor) }

    /// One that the system does not take is lost, as any datagram may be.
    func send(_ datagram: [UInt8]) { _ = ra_router_send(descriptor, datagram, datagram.count) }

    /// What has arrived, without waiting.
    func receive() -> Arrival { Arrival(from: descriptor) }
}

/// What a socket gave.
enum Arrival {
    case datagram([UInt8], source: TransportAddress)
    /// The router says that nobody listens there.
    case refused
    case nothing

    /// One word more than a PCP message may have: what fills it is too long, and is seen to be.
    private static let room = PCPFormat.maximumCount + 4

    init(from descriptor: Int32) {
        var bytes = [UInt8](repeating: 0, count: Self.room)
        var source = ra_address()
        switch ra_receive_from(descriptor, &bytes, bytes.count, &source) {
        case -2: self = .refused
        case ..<0: self = .nothing
        case let count:
            guard let source = TransportAddress(source) else {
                self = .nothing
                return
            }
            self = .datagram(Array(bytes.prefix(count)), source: source)
        }
    }
}

/// Hears what routers announce to all hosts of a link: PCP's ANNOUNCE (RFC 6887 §14.1) and NAT-PMP's change of address
/// (RFC 6886 §3.2.1).
package final class AnnouncementSocket: Sendable {
    /// RFC 6886 §1.1, RFC 6887 §19.1.
    private static let port: UInt16 = 5350
    let descriptor: Int32

    /// nil when somebody has the port for himself: then a restart of the router is found out later.
    package init?(on local: IPAddress, interface: String?) {
        let address = ra_address(TransportAddress(ip: local, port: 0))
        descriptor = ra_announcement_socket(address, interface.map { ra_interface_number($0) } ?? 0, Self.port)
        if descriptor < 0 { return nil }
    }

    deinit { ra_close(descriptor) }

    /// What has arrived, without waiting.
    func receive() -> Arrival { Arrival(from: descriptor) }
}

extension ra_address {
    init(_ address: TransportAddress) {
        switch address.ip {
        case .v4(let bits): self.init(high: 0, low: UInt64(bits), port: address.port, family: 4)
        case .v6(let high, let low): self.init(high: high, low: low, port: address.port, family: 6)
        }
    }
}

extension TransportAddress {
    init?(_ words: ra_address) {
        switch words.family {
        case 4: self.init(ip: .v4(UInt32(truncatingIfNeeded: words.low)), port: words.port)
        case 6: self.init(ip: .v6(words.high, words.low), port: words.port)
        default: return nil
        }
    }
}
