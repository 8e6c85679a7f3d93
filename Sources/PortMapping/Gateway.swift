package import NetPrimitives

/// A router that can be asked, by one method. Its calls block; each gateway belongs to one thread.
package protocol Gateway {
    var method: MappingMethod { get }

    /// Looks for the router, for some seconds at most.
    mutating func find() throws(MappingFailure)

    /// Asks for the mapping, anew or once more.
    mutating func answer(to ask: Ask) -> Answer

    /// Closes the port again, as far as the router cares.
    mutating func release(externalPort: UInt16)

    /// Where mapped traffic arrives: known once the router is found.
    var internalAddress: TransportAddress { get }
    /// A name for the router.
    var router: String? { get }
}

/// One question to a router.
package struct Ask: Hashable, Sendable {
    /// The port we would like; a NAT-PMP router may give another one.
    package var externalPort: UInt16
    /// nil: until it is deleted, for routers that know nothing else.
    package var lifetime: Duration?

    package init(externalPort: UInt16, lifetime: Duration?) {
        self.externalPort = externalPort
        self.lifetime = lifetime
    }
}

/// What a router says to a question.
package enum Answer: Hashable, Sendable {
    case granted(Grant)
    /// The port is somebody else's.
    case conflict
    /// The router maps no port for a limited time (UPnP 725).
    case onlyPermanentLeases
    case failed(MappingFailure)
}

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
