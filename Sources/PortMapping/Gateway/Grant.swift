package import NetPrimitives

/// A mapping as the router states it; nothing of it is believed yet.
package struct Grant: Hashable, Sendable {
    package var external: TransportAddress
    /// nil: until it is deleted.
    package var lifetime: Duration?

    package init(external: TransportAddress, lifetime: Duration?) {
        self.external = external
        self.lifetime = lifetime
    }
}
