import NetPrimitives
import PortMapping

/// Asks the router to open a port for each of ours, keeps them open while the session lasts, and closes them.
final class RouterDoor: Sendable {
    private let mappers: [Mapper]
    private let watching: [Task<Void, Never>]

    /// Begins to ask; `opened` is called for each port that a router has opened.
    ///
    /// - Parameter bases: our own UDP ports. Only IPv4 ones are asked for: IPv6 has no translation.
    init(
        for bases: [TransportAddress],
        opened: @escaping @Sendable (_ external: TransportAddress, _ base: TransportAddress) async -> Void
    ) {
        let asked = bases.filter { $0.family == .ipv4 && !$0.ip.isLoopback }
        let mappers = asked.map { Mapper(MappingRequest(internalAddress: $0, transport: .udp)) }
        self.mappers = mappers
        watching = zip(mappers, asked).map { mapper, base in
            Task {
                for await event in mapper.events {
                    if case .mapped(let mapping) = event, mapping.reach == .internet {
                        await opened(mapping.external, base)
                    }
                }
            }
        }
    }

    /// Has the router close what it opened: within two seconds, or not at all.
    func close() async {
        await withTaskGroup(of: Void.self) { group in
            for mapper in mappers { group.addTask { await mapper.close() } }
        }
        for task in watching { task.cancel() }
    }
}
