import NetPrimitives
import Relay
import TURN

// What a worker's machine asks for TCP allocations (RFC 6062).
extension WorkerHost {
    var servesTCP: Bool { peers != nil }

    mutating func openTCP(_ family: IPAddress.Family, for client: FiveTuple) throws(PortError) -> OpenedPort {
        guard let peers else { throw .insufficientCapacity }
        guard let choice = addresses.choice(family, for: client) else { throw .familyNotSupported }
        let port = takeNumber()
        let start = Int.random(in: 0..<portRange.count)
        for offset in 0..<min(portRange.count, Self.maximumBindFailures) {
            let number = portRange.lowerBound + UInt16((start + offset) % portRange.count)
            for ip in choice.bind {
                let address = TransportAddress(ip: ip, port: number)
                let shown = TransportAddress(ip: choice.shown, port: number)
                if let listener = try? peers.listen(at: address, shown: shown, port: port, mailbox: mailbox) {
                    peerListeners[port] = listener
                    return OpenedPort(port: port, address: shown)
                }
            }
        }
        giveBackNumber(port)
        throw .insufficientCapacity
    }

    mutating func addConnection(for username: String, isOpen: Bool) -> ConnectionID? {
        var random = SystemRandomNumberGenerator()
        return directory.withConnections { $0.add(for: username, isOpen: isOpen, using: &random) }
    }

    mutating func openConnection(_ id: ConnectionID) { directory.withConnections { $0.open(id) } }

    mutating func bindConnection(_ id: ConnectionID, for username: String) -> Bool {
        directory.withConnections { $0.bind(id, for: username) }
    }

    func isBound(_ id: ConnectionID) -> Bool { directory.withConnections { $0.isBound(id) } }

    mutating func removeConnection(_ id: ConnectionID) { directory.withConnections { $0.remove(id) } }
}
