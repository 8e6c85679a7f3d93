public import NetPrimitives

/// Why a relay does not dial back.
public enum DialBackRefusal: Int, Error, TallyLabel {
    /// A port of a service: see `DialBackLimits.allows(port:)`.
    case port
    /// The peer policy does not let the relay send there; or it is the relay's own address, and a proxy in front of it
    /// asks in everybody's name.
    case address
    /// This source has asked too often, or the relay was asked too often.
    case rate
    /// As many dials are under way as may be.
    case busy
    /// It was asked to send from a port that it does not listen on.
    case notListening
}
