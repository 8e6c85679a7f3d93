import NetPrimitives

/// A network address translator between two realms, with one outer address (RFC 4787).
struct VirtualNAT {
    let behavior: NATBehavior
    let outerIP: IPAddress
    private var bindings: [Binding] = []
    /// Ports that UPnP or its kin have opened: outer port to inner address.
    private var opened: [UInt16: TransportAddress] = [:]
    private var random: SeededGenerator

    private struct Binding {
        let inner: TransportAddress
        let outerPort: UInt16
        /// The destination whose packets it translates; of it only what the mapping depends on is compared.
        let firstDestination: TransportAddress
        /// Where packets went: what filters let in again, each with the time of the last packet.
        var destinations: [TransportAddress: Instant]
        var lastUsedAt: Instant
    }

    init(behavior: NATBehavior, outerIP: IPAddress, seed: UInt64) {
        self.behavior = behavior
        self.outerIP = outerIP
        random = SeededGenerator(seed: seed)
    }

    /// Opens a port for an inner address, as a router asked by UPnP does; the outer address it has then.
    mutating func open(_ inner: TransportAddress) -> TransportAddress {
        if let port = opened.first(where: { $0.value == inner })?.key {
            return TransportAddress(ip: outerIP, port: port)
        }
        // The port that translates the same host already may be opened for it too: the outer address is then
        // the reflexive one.
        let isOwn =
            behavior.preservesPorts && opened[inner.port] == nil
            && bindings.allSatisfy { $0.outerPort != inner.port || $0.inner == inner }
        let port = isOwn ? inner.port : freePort(preferring: inner.port)
        opened[port] = inner
        return TransportAddress(ip: outerIP, port: port)
    }

    /// The datagram as it leaves; nil when it does not.
    mutating func outbound(_ datagram: VirtualDatagram, at now: Instant) -> VirtualDatagram? {
        guard !behavior.blocksUDP else { return nil }
        expire(at: now)
        var translated = datagram
        if let index = bindings.firstIndex(where: { covers($0, datagram) }) {
            bindings[index].lastUsedAt = now
            bindings[index].destinations[datagram.destination] = now
            translated.source = TransportAddress(ip: outerIP, port: bindings[index].outerPort)
            return translated
        }
        // An opened port serves what leaves as well, as miniupnpd's rules have it.
        let port = opened.first { $0.value == datagram.source }?.key ?? freePort(preferring: datagram.source.port)
        bindings.append(
            Binding(
                inner: datagram.source, outerPort: port, firstDestination: datagram.destination,
                destinations: [datagram.destination: now], lastUsedAt: now))
        translated.source = TransportAddress(ip: outerIP, port: port)
        return translated
    }

    /// The datagram as it comes in; nil when it does not.
    mutating func inbound(_ datagram: VirtualDatagram, at now: Instant) -> VirtualDatagram? {
        guard !behavior.blocksUDP else { return nil }
        expire(at: now)
        var translated = datagram
        if let inner = opened[datagram.destination.port] {
            translated.destination = inner
            return translated
        }
        guard
            let binding = bindings.first(where: {
                $0.outerPort == datagram.destination.port && admits($0, datagram.source)
            })
        else { return nil }
        translated.destination = binding.inner
        return translated
    }

    private func covers(_ binding: Binding, _ datagram: VirtualDatagram) -> Bool {
        guard binding.inner == datagram.source else { return false }
        switch behavior.mapping {
        case .endpointIndependent: return true
        case .addressDependent: return binding.firstDestination.ip == datagram.destination.ip
        case .addressAndPortDependent: return binding.firstDestination == datagram.destination
        }
    }

    private func admits(_ binding: Binding, _ source: TransportAddress) -> Bool {
        switch behavior.filtering {
        case .endpointIndependent: true
        case .addressDependent: binding.destinations.keys.contains { $0.ip == source.ip }
        case .addressAndPortDependent: binding.destinations[source] != nil
        }
    }

    /// RFC 4787 §4.3: what leaves refreshes a binding; what comes in need not.
    private mutating func expire(at now: Instant) {
        bindings.removeAll { $0.lastUsedAt + behavior.bindingLifetime <= now }
        for index in bindings.indices {
            bindings[index].destinations = bindings[index].destinations.filter {
                $0.value + behavior.bindingLifetime > now
            }
        }
    }

    private mutating func freePort(preferring port: UInt16) -> UInt16 {
        let taken = Set(bindings.map(\.outerPort)).union(opened.keys)
        if behavior.preservesPorts, !taken.contains(port) { return port }
        while true {
            let port = UInt16.random(in: 1024...65_535, using: &random)
            if !taken.contains(port) { return port }
        }
    }
}
