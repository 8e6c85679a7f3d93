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
