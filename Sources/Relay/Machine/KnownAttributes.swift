import STUN
import TURN

/// The attributes that a relay understands; others that must be understood get 420 (RFC 8489 §6.3.1).
enum KnownAttributes {
    static let all: Set<AttributeType> = [
        .username, .messageIntegrity, .messageIntegritySHA256, .realm, .nonce, .userhash, .passwordAlgorithm,
        .channelNumber, .lifetime, .xorPeerAddress, .data, .requestedAddressFamily, .evenPort, .requestedTransport,
        .reservationToken, .dontFragment, .connectionID,
    ]
    /// In a Binding, where NAT discovery is offered (RFC 5780 §7).
    static let ofNATDiscovery: Set<AttributeType> = [.changeRequest, .responsePort, .padding]
}
