import ICE
import STUN
import TURN

/// Every kind of attribute that our rooms decode. Tests/House compares it with them.
let attributeKinds: [any Attribute.Type] = [
    // STUN
    AlternateServer.self, ChangeRequest.self, ErrorCode.self, MappedAddress.self, Nonce.self, OtherAddress.self, Padding.self,
    PasswordAlgorithm.self, PasswordAlgorithms.self, Realm.self, ResponseOrigin.self, ResponsePort.self, Software.self,
    UnknownAttributes.self, Userhash.self, Username.self, XORMappedAddress.self,
    // TURN
    AdditionalAddressFamily.self, AddressErrorCode.self, ChannelNumber.self, ConnectionID.self, DataAttribute.self,
    DontFragment.self, EvenPort.self, ICMP.self, Lifetime.self, MobilityTicket.self, RequestedAddressFamily.self,
    RequestedTransport.self, ReservationToken.self, XORPeerAddress.self, XORRelayedAddress.self,
    // ICE
    ICEControlled.self, ICEControlling.self, Priority.self, UseCandidate.self,
]
