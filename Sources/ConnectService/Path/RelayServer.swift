import NIOCore
import NIOTransport
import NetPrimitives

/// A TURN server, and how it is reached from here.
struct RelayServer: Hashable, Sendable {
    var address: TransportAddress
    /// Of the first leg, from this host to the server.
    var transport: TransportProtocol

    /// The servers that `uris` name, in the order in which they are to be tried: each transport's best
    /// first, UDP before TCP. Names are looked up; those that have no address are left out.
    static func resolve(_ uris: [String], resolver: NameResolver) async -> [RelayServer] {
        var servers: [RelayServer] = []
        for uri in uris.compactMap(TURNURI.init) where uri.scheme == .turn {
            for address in await resolver.resolve(uri.host, port: uri.port) {
                let server = RelayServer(address: address, transport: uri.transport == .udp ? .udp : .tcp)
                if !servers.contains(server) { servers.append(server) }
            }
        }
        var ordered: [RelayServer] = []
        var queues = [servers.filter { $0.transport == .udp }, servers.filter { $0.transport == .tcp }]
        while queues.contains(where: { !$0.isEmpty }), ordered.count < maximumServers {
            for index in queues.indices where !queues[index].isEmpty { ordered.append(queues[index].removeFirst()) }
        }
        return ordered
    }

    /// A relay's list is bounded, whatever it sends.
    static let maximumServers = 12
}
