import NetPrimitives
import STUN
import TURN

/// What an Allocate asks for, after the checks that need no state (RFC 8656 §7.2, steps 3 to 9).
struct AllocateRequest: Hashable, Sendable {
    let port: PortRequest
    /// ADDITIONAL-ADDRESS-FAMILY is there. One allocation has one address here, which step 9 allows for.
    let wantsIPv6Too: Bool
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
        wantsIPv6Too = additional != nil
        guard let wanted = family.map(\.family) ?? .ipv4 else { throw RequestRefusal(.addressFamilyNotSupported) }
        port =
            if let token {
                .reserved(token)
            } else if let evenPort {
                .even(wanted, reservesNext: evenPort.reservesNext)
            } else {
                .any(wanted)
            }
    }

    /// Seconds: what is asked for, between the default and the maximum.
    static func granted(_ requested: UInt32?) -> UInt32 {
        min(max(requested ?? RelayTimes.defaultLifetime, RelayTimes.defaultLifetime), RelayTimes.maximumLifetime)
    }
}
