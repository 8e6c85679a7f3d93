public import NetPrimitives
public import TURN

/// What a relay's machine asks of the process around it for TCP allocations (RFC 6062), and gets at once.
public protocol TCPRelayHost {
    /// False: this process has no TCP side, 442.
    var servesTCP: Bool { get }
    /// Opens a port that listens for peers' connections; `close` of `RelayHost` closes it.
    mutating func openTCP(_ family: IPAddress.Family, for client: FiveTuple) throws(PortError) -> OpenedPort
    /// Makes an id for a connection, known to every machine of the process; nil when there are too many.
    ///
    /// - Parameter isOpen: it is connected already, and may be bound.
    mutating func addConnection(for username: String, isOpen: Bool) -> ConnectionID?
    /// It is connected, and may be bound from now on.
    mutating func openConnection(_ id: ConnectionID)
    /// Binds a waiting connection of a user's, of whichever machine; false when there is none.
    mutating func bindConnection(_ id: ConnectionID, for username: String) -> Bool
    func isBound(_ id: ConnectionID) -> Bool
    mutating func removeConnection(_ id: ConnectionID)
}
