import NetPrimitives

/// Which router to ask for a port of one of our addresses: the one at the beginning of a way out that this address uses.
struct RouterChoice {
    /// A socket that leads there.
    let socket: RouterSocket
    let gateway: IPAddress
    /// Through which it is reached; nil when the router was named by hand.
    let interface: String?

    /// nil where the address has no way out by a router.
    init?(for request: MappingRequest, port: UInt16) {
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
                guard let socket = RouterSocket(local: nil, router: router, interface: interface),
                    wanted.isUnspecified || socket.local == wanted
                else { continue }
                (self.socket, gateway, self.interface) = (socket, route.gateway, interface)
                return
            case .v6:
                // Of several addresses on one link the system would choose another one, so it is told.
                let local = wanted.isUnspecified ? nil : wanted
                guard let socket = RouterSocket(local: local, router: router, interface: interface) else { continue }
                (self.socket, gateway, self.interface) = (socket, route.gateway, interface)
                return
            }
        }
        return nil
    }
}
