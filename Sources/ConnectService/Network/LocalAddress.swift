package import NetPrimitives

/// An address of this computer that a peer is told of.
package struct LocalAddress: Hashable, Sendable {
    package var ip: IPAddress
    /// Whether what is sent from it goes through a tunnel, and is wanted less than anything that does not.
    package var isTunnel: Bool

    package init(_ ip: IPAddress, isTunnel: Bool = false) {
        self.ip = ip
        self.isTunnel = isTunnel
    }
}
