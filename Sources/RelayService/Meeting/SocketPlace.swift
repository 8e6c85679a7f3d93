import NIOCore
import NetPrimitives
import Rendezvous

/// Where WebSockets come together: an actor on one event loop, around a machine.
protocol SocketPlace: Actor {
    nonisolated var loop: any EventLoop { get }
    /// - Parameter host: what the client called this relay, without the port.
    func open(_ channel: any Channel, source: IPAddress, host: String) -> ConnectionID
    func receive(_ text: [UInt8], from id: ConnectionID)
    /// - Parameter isSilent: we have given up on it; it was not closed by its client.
    func close(_ id: ConnectionID, isSilent: Bool)
}
