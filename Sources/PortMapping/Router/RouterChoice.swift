import NetPrimitives

/// Which router to ask for a port of one of our addresses: the one at the beginning of a way out that this address uses.
enum RouterChoice {
    /// A socket that leads there, and the router; nil where the address has no way out by a router.
    static func socket(facing request: MappingRequest, port: UInt16) -> (RouterSocket, gateway: IPAddress)? {
        let wanted = request.internalAddress.ip
        let routes =
            request.gateway.map { [DefaultRoute(gateway: $0, interface: "", metric: 0)] }
            ?? DefaultRoute.all(wanted.family)
        for route in routes where route.gateway.family == wanted.family {
            let router = TransportAddress(ip: route.gateway, port: port)
            let interface = route.interface.isEmpty ? nil : route.interface
            switch wanted {
            case .v4:
                // A router maps to whoever asks: one that is on another of our networks cannot serve this address.
                guard let socket = RouterSocket(local: nil, router: router, interface: interface) else { continue }
                if wanted.isUnspecified || socket.local == wanted { return (socket, route.gateway) }
            case .v6:
                // Of several addresses on one link the system would choose another one, so it is told.
                let local = wanted.isUnspecified ? nil : wanted
                if let socket = RouterSocket(local: local, router: router, interface: interface) { return (socket, route.gateway) }
            }
        }
        return nil
    }
}
