import NetPrimitives

/// What this relay is called, as far as it knows: a client that meant another relay is not to be believed here, because that one may
/// have passed it on.
struct RelayNames: Sendable {
    /// Of the public URL, without the port; nil: whoever runs the relay has not said what it is called, and every name is good.
    var publicHost: String?
    /// What the fleet's nodes are called together: clients come by this name as well.
    var fleet: String?
    /// Of all nodes of the fleet.
    var nodes: Set<String> = []
    /// Behind a router's forwarding the relay does not have them itself.
    var externalAddresses: [IPAddress] = []

    /// - Parameters:
    ///   - host: of the client's request, without the port.
    ///   - local: the address that the client's connection ends at.
    func include(_ host: String, source: IPAddress, local: IPAddress?) -> Bool {
        guard let publicHost else { return true }
        let host = host.lowercased()
        if host == publicHost.lowercased() || host == fleet?.lowercased() || nodes.contains(host) { return true }
        if host == "localhost" { return source.isLoopback }
        let text = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        guard let address = IPAddress(text) else { return false }
        return address == local?.unmapped || externalAddresses.contains(address)
    }
}

extension ServeConfiguration {
    /// The realm, of a fleet. A relay that is alone may have any realm, such as an organisation's domain where another server answers:
    /// a proof made for that one is none for this relay.
    var fleetName: String? { PostgresURL(stateDirectory ?? "") == nil ? nil : realm }
}
