import NetPrimitives
import STUN
import TURN

/// What an Allocate for a TCP relayed address asks for (RFC 6062 §5.1).
struct TCPAllocateRequest: Hashable, Sendable {
    let family: IPAddress.Family
    /// Seconds, as granted.
    let lifetime: UInt32

    /// nil when another protocol is asked for.
    init?(_ message: Message, from client: FiveTuple) throws(RequestRefusal) {
        guard let transport = try message.wellFormed(RequestedTransport.self),
            transport.number == TransportProtocol.tcp.rawValue
        else { return nil }
        // Two families in one allocation are defined for UDP alone (RFC 8656 §7.2).
        guard client.transport == .tcp,
            ![.dontFragment, .evenPort, .reservationToken, .additionalAddressFamily].contains(where: message.contains)
        else { throw RequestRefusal(.badRequest) }
        guard let family = try message.wellFormed(RequestedAddressFamily.self).map(\.family) ?? .ipv4 else {
            throw RequestRefusal(.addressFamilyNotSupported)
        }
        self.family = family
        lifetime = AllocateRequest.granted(try message.wellFormed(Lifetime.self)?.value)
    }
}
