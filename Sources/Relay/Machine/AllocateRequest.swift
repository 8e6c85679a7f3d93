import NetPrimitives
import STUN
import TURN

/// What an Allocate asks for, after the checks that need no state (RFC 8656 §7.2, steps 3 to 9).
struct AllocateRequest: Hashable, Sendable {
    let port: PortRequest
    /// What ADDITIONAL-ADDRESS-FAMILY wants beside it: a second address, of IPv6.
    let additionalPort: PortRequest?
    /// Seconds.
    let lifetime: UInt32

    init(_ message: Message) throws(RequestRefusal) {
        guard let transport = try message.wellFormed(RequestedTransport.self) else { throw RequestRefusal(.badRequest) }
        guard transport.number == TransportProtocol.udp.rawValue else {
            throw RequestRefusal(.unsupportedTransportProtocol)
        }
        let token = try message.wellFormed(ReservationToken.self)
        let evenPort = try message.wellFormed(EvenPort.self)
        let family = try message.wellFormed(RequestedAddressFamily.self)
        let additional = try message.wellFormed(AdditionalAddressFamily.self)
        guard token == nil || (evenPort == nil && family == nil && additional == nil),
            additional == nil || (family == nil && evenPort?.reservesNext != true && additional?.family == .ipv6)
        else { throw RequestRefusal(.badRequest) }
        lifetime = Self.granted(try message.wellFormed(Lifetime.self)?.value)
        guard let wanted = family.map(\.family) ?? .ipv4 else { throw RequestRefusal(.addressFamilyNotSupported) }
        func request(_ family: IPAddress.Family) -> PortRequest {
            evenPort.map { .even(family, reservesNext: $0.reservesNext) } ?? .any(family)
        }
        port = token.map(PortRequest.reserved) ?? request(wanted)
        additionalPort = additional == nil ? nil : request(.ipv6)
    }

    /// Seconds: what is asked for, between the default and the maximum.
    static func granted(_ requested: UInt32?) -> UInt32 {
        min(max(requested ?? RelayTimes.defaultLifetime, RelayTimes.defaultLifetime), RelayTimes.maximumLifetime)
    }
}
