package import NetPrimitives

/// A router that can be asked, by one method. Its calls block; each gateway belongs to one thread.
package protocol Gateway {
    var method: MappingMethod { get }

    /// Looks for the router, for some seconds at most. It opens nothing.
    mutating func find() throws(MappingFailure)

    /// Asks for the mapping, anew or once more.
    mutating func answer(to ask: Ask) -> Answer

    /// Closes the port again, as far as the router cares.
    mutating func release(externalPort: UInt16)

    /// Sleeps for `duration` or until the bell rings, and hears meanwhile what the router tells unasked.
    mutating func rest(for duration: Duration, _ bell: Bell) -> Awakening

    /// Asks whether the router still knows what it knew: a question that changes nothing.
    mutating func check(_ external: TransportAddress) -> Awakening

    /// Where mapped traffic arrives: known once the router is found.
    var internalAddress: TransportAddress { get }
    /// A name for the router.
    var router: String? { get }
    /// What another program has to know to delete the mapping, should this one not come to it; nil: nothing.
    var secret: [UInt8]? { get }
}

/// What a gateway has to say after a sleep.
package enum Awakening: Hashable, Sendable {
    /// The time is over, or the bell rang.
    case rested
    /// The router has lost its mappings.
    case restarted
}

extension Gateway {
    package mutating func rest(for duration: Duration, _ bell: Bell) -> Awakening {
        bell.wait(for: duration)
        return .rested
    }

    package mutating func check(_ external: TransportAddress) -> Awakening { .rested }

    package var secret: [UInt8]? { nil }
}

/// One question to a router.
package struct Ask: Hashable, Sendable {
    /// The port we would like; the router may give another one.
    package var externalPort: UInt16
    /// The address that we had, for routers with several; nil for whichever.
    package var externalAddress: IPAddress?
    /// nil: until it is deleted, for routers that know nothing else.
    package var lifetime: Duration?
    /// A mapping that leads nowhere, to be closed before.
    package var closing: UInt16?

    package init(
        externalPort: UInt16, externalAddress: IPAddress? = nil, lifetime: Duration?, closing: UInt16? = nil
    ) {
        self.externalPort = externalPort
        self.externalAddress = externalAddress
        self.lifetime = lifetime
        self.closing = closing
    }
}

/// What a router says to a question.
package enum Answer: Hashable, Sendable {
    case granted(Grant)
    /// The port is somebody else's.
    case conflict
    /// The router maps no port for a limited time (UPnP 725).
    case onlyPermanentLeases
    /// Not now: it would say the same until `after` has passed.
    case later(MappingFailure, after: Duration)
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
