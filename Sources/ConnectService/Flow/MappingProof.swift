package import NetPrimitives

/// What came of having a mapped port tried from outside.
package enum MappingProof: Hashable, Sendable {
    case reached
    /// The relay dialled, and did not get in.
    case unreached
    /// The relay sees this computer at another address than the router names.
    case elsewhere(IPAddress)
    /// The relay does not dial back, or not now.
    case untested
}
