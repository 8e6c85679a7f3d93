import NetPrimitives

/// Who stands where: allocation number i belongs to a client and a peer with addresses of their own.
///
/// The harness routes both ranges to this machine; every flow has a client address and a peer address of its own,
/// so one socket can receive for all of them, as one network card does.
struct Scene {
    let server: TransportAddress
    let username: String
    let password: String
    /// Client number 0, and peer number 0: the others follow.
    let firstClient: TransportAddress
    let firstPeer: TransportAddress

    func client(_ flow: Int) -> TransportAddress { Self.address(firstClient, flow) }
    func peer(_ flow: Int) -> TransportAddress { Self.address(firstPeer, flow) }

    /// The same hosts at other ports.
    func beside() -> Scene {
        Scene(
            server: server, username: username, password: password,
            firstClient: TransportAddress(ip: firstClient.ip, port: firstClient.port + 1),
            firstPeer: TransportAddress(ip: firstPeer.ip, port: firstPeer.port + 1))
    }

    private static func address(_ first: TransportAddress, _ number: Int) -> TransportAddress {
        TransportAddress(ip: .v4(first.bits &+ UInt32(number)), port: first.port)
    }
}
