import NetPrimitives

/// What an HTTP proxy lets through to the relay.
package struct ProxyReport: Hashable, Sendable {
    /// One TCP port of the relay, asked for by CONNECT.
    package struct Port: Hashable, Sendable {
        package var number: UInt16
        package var outbound: Outbound

        package init(number: UInt16, outbound: Outbound) {
            self.number = number
            self.outbound = outbound
        }
    }

    /// Whether it wants to know who asks.
    package enum Password: String, Hashable, Sendable {
        case notWanted = "not-wanted"
        /// None was given.
        case wanted
        /// The one that was given is right.
        case accepted
        case refused
        /// It did not say.
        case unknown
    }

    /// Host and port.
    package var address: String
    package var password: Password
    /// In the order in which they were asked for.
    package var ports: [Port]
    /// What to change, when it lets us through to no port of the relay.
    package var failure: String?

    package init(address: String, password: Password, ports: [Port], failure: String? = nil) {
        self.address = address
        self.password = password
        self.ports = ports
        self.failure = failure
    }

    /// What came by it from a port; nil when that was not asked for.
    package func outbound(_ port: UInt16) -> Outbound? { ports.first { $0.number == port }?.outbound }

    /// Where the relay does not listen, it is no proxy's fault that nobody answers.
    package mutating func judge(by served: ServedPorts?) {
        guard let served else { return }
        for index in ports.indices {
            let target = ProbeTarget(port: ports[index].number, transport: .tcp)
            ports[index].outbound = served.judge(ports[index].outbound, of: target)
        }
    }

    /// For people.
    package var reading: String {
        let open = ports.filter(\.outbound.isOpen).map { "\($0.number)" }
        let closed = ports.filter(\.isClosed).map { "\($0.number)" }
        let through = open.isEmpty ? "lets nothing through to the relay" : "lets TCP \(open.joined(separator: ", ")) through"
        let rest = open.isEmpty || closed.isEmpty ? "" : ", not \(closed.joined(separator: ", "))"
        return "\(address) \(through)\(rest)\(passwordReading)"
    }

    private var passwordReading: String {
        switch password {
        case .notWanted: "; it wants no password"
        case .wanted: "; it wants a password"
        case .accepted: "; it takes the password"
        case .refused: "; it does not take this password"
        case .unknown: ""
        }
    }
}

extension ProxyReport.Port {
    /// Whether the relay would be there.
    fileprivate var isClosed: Bool {
        switch outbound {
        case .blocked, .unanswered: true
        case .open, .notServed: false
        }
    }
}
