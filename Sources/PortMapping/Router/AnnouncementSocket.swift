import CLinuxNet
package import NetPrimitives

/// Hears what routers announce to all hosts of a link: PCP's ANNOUNCE (RFC 6887 §14.1) and NAT-PMP's change of address
/// (RFC 6886 §3.2.1).
package final class AnnouncementSocket: Sendable {
    let descriptor: Int32

    /// nil when somebody has the port for himself: then a restart of the router is found out later.
    package init?(on local: IPAddress, interface: String?) {
        let address = ra_address(TransportAddress(ip: local, port: 0))
        descriptor = ra_announcement_socket(address, interface.map { ra_interface_number($0) } ?? 0, PCPFormat.clientPort)
        if descriptor < 0 { return nil }
    }

    deinit { ra_close(descriptor) }

    /// What has arrived, without waiting.
    func receive() -> Arrival { Arrival(from: descriptor) }
}
