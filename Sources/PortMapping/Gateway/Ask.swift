package import NetPrimitives

/// One question to a router.
package struct Ask: Hashable, Sendable {
    /// The port we would like; the router may give another one.
    package var externalPort: UInt16
    /// The address that we had, for routers with several; nil for whichever.
    package var externalAddress: IPAddress?
    /// nil: until it is deleted, for routers that know nothing else.
    package var lifetime: Duration?

    package init(externalPort: UInt16, externalAddress: IPAddress? = nil, lifetime: Duration?) {
        self.externalPort = externalPort
        self.externalAddress = externalAddress
        self.lifetime = lifetime
    }
}
