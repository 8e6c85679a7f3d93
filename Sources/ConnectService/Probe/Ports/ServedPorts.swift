import NetPrimitives

/// The ports that the relay says it listens on.
package struct ServedPorts: Hashable, Sendable {
    package var tcp: Set<UInt16>
    package var udp: Set<UInt16>

    package init(tcp: Set<UInt16>, udp: Set<UInt16>) {
        self.tcp = tcp
        self.udp = udp
    }

    /// TCP: what is offered to probes. UDP: what its STUN and TURN addresses name; the probes' ports if they name none.
    init(_ description: RelayDescription) {
        tcp = Set(description.probe.ports)
        let named = (description.stun + description.turn).compactMap(TURNURI.init)
        udp = Set(named.filter { $0.transport == .udp }.map(\.port))
        if udp.isEmpty { udp = tcp }
    }

    package func contains(_ target: ProbeTarget) -> Bool {
        switch target.transport {
        case .tcp: tcp.contains(target.port)
        case .udp: udp.contains(target.port)
        }
    }

    /// What answers is open whatever the relay says; what does not answer is no firewall's fault where nobody listens.
    package func judge(_ outbound: Outbound, of target: ProbeTarget) -> Outbound {
        outbound.isOpen || contains(target) ? outbound : .notServed(why: "The relay does not listen on \(target).")
    }
}
