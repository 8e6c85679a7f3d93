package import NetPrimitives

/// A router that can be asked, by one method. Its calls block; each gateway belongs to one thread.
package protocol Gateway {
    var method: MappingMethod { get }

    /// Looks for the router, for some seconds at most. It opens nothing.
    mutating func find() throws(MappingFailure)

    /// Asks for the mapping, anew or once more.
    mutating func answer(to ask: Ask) -> Answer

    /// Closes the port again, as far as the router cares.
    mutating func release(externalPort: UInt16) -> Release

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

extension Gateway {
    package mutating func rest(for duration: Duration, _ bell: Bell) -> Awakening {
        bell.wait(for: duration)
        return .rested
    }

    package mutating func check(_ external: TransportAddress) -> Awakening { .rested }

    package var secret: [UInt8]? { nil }
}

extension Gateway {
    /// Whether this computer has left the network in which the mapping was made. In the next one another router may have
    /// the old one's address, and forgets gladly what it never had.
    var isAway: Bool { OwnPort(internalAddress, .udp) == .elsewhere }
}
