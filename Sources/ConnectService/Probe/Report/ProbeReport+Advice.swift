import NetPrimitives
import PortMapping
import Rendezvous

extension ProbeReport {
    /// One sentence for each problem, that says what to change.
    package var advice: [String] {
        guard isHostKnown || describedAt != nil else {
            return ["“\(host)” has no address: check the relay's address, or this machine's DNS."]
        }
        guard isReachable else { return [intercepted, distrust ?? unreachable, proxyFailure].compactMap(\.self) }
        return [
            intercepted, distrust ?? notFound, proxyFailure, closed(.tcp), closed(.udp), notServed, noUDP, symmetric, refusal, deadMapping, doubleNATAdvice,
            brokenIPv6,
        ].compactMap(\.self)
    }

    /// Nothing answers: whose fault it is cannot be told from here.
    private var unreachable: String {
        let wanted = Self.list(failed(.tcp).isEmpty ? failed(.udp) : failed(.tcp))
        return "The relay at \(host) answers on no port: check its address and that it runs, "
            + "or ask your network team for \(failed(.tcp).isEmpty ? "UDP" : "TCP") \(wanted) to \(host)."
    }

    private var intercepted: String? {
        switch interceptor {
        case .portal(let portal):
            "This network shows a web page in everybody's place\(portal.place.map { " (\($0))" } ?? ""): "
                + "open a browser, sign in there, and try again."
        case .proxy(let status) where !ports.contains { $0.target.transport == .tcp && $0.outbound.isOpen }:
            "Somebody answers web requests in everybody's place here (\(status)), a proxy or a filter: "
                + "ask your network team to let connections to \(host) pass it."
        case .proxy, nil:
            nil
        }
    }

    /// A proxy that makes trouble matters where the relay is not found without it.
    private var proxyFailure: String? { describedAt == nil || isDescribedThroughProxy ? proxy?.failure : nil }

    /// A port gets out, and yet ra-connect cannot begin: it needs the relay's description, by the URL or a well-known port.
    private var notFound: String? {
        guard describedAt == nil else { return nil }
        // Whoever asked for TLS is not told to do without: what answers may be why TLS failed.
        let open = relay.isSecure ? nil : ports.first { $0.outbound.isOpen && $0.target.transport == .tcp }?.target.port
        let better = open.map { "; give ra-connect --relay http://\(host.contains(":") ? "[\(host)]" : host):\($0)" } ?? ""
        return "\(relay) itself is not answered by a relay\(better)."
    }

    private func closed(_ transport: TransportProtocol) -> String? {
        let ports = failed(transport)
        guard !ports.isEmpty else { return nil }
        let subject = Self.list(ports.map { ProbeTarget(port: $0, transport: transport) })
        let remedy = "ask for \(transport == .tcp ? "TCP" : "UDP") \(Self.list(ports)) to \(host)"
        let alternative = working(transport).map { ", or use \($0), which works" } ?? ""
        return "\(subject) \(ports.count == 1 ? "does" : "do") not get out: \(remedy)\(alternative)."
    }

    private var notServed: String? {
        let targets = ports.filter { if case .notServed = $0.outbound { true } else { false } }.map(\.target)
        guard !targets.isEmpty else { return nil }
        let use = working(.tcp).map { "use \($0), which works, or " } ?? ""
        let extra = Self.list(Self.unique(targets.map(\.port)))
        return "The relay does not listen on \(Self.list(targets)): \(use)"
            + "ask whoever runs it to add \(extra) to --also-listen."
    }

    /// UDP may fail although no port of it was asked for.
    private var noUDP: String? {
        let answers = ports.contains { $0.target.transport == .udp && $0.outbound.isOpen }
        guard !nat.hasUDP, !answers, failed(.udp).isEmpty else { return nil }
        return "No UDP gets out to the relay, so everything is relayed over TCP: ask for UDP to \(host)."
    }

    private var symmetric: String? {
        guard nat.hasUDP, nat.mapping != .unknown, expectedPath == .relayed else { return nil }
        return "The router uses another port for each \(nat.mapping == .addressDependent ? "address" : "destination"), so peers cannot find a way in: "
            + "\(NATAdvice.openPorts)."
    }

    private var refusal: String? {
        guard portMapping.usable == nil, nat.mapping != .none else { return nil }
        let refusals = [
            ("UPnP", portMapping.upnp.refusal), ("NAT-PMP", portMapping.natPMP.refusal), ("PCP", portMapping.pcp.refusal),
        ]
        return refusals.lazy.compactMap { method, failure in
            failure.map { "The router knows \(method) but opens no port: \($0)." }
        }.first
    }

    private var deadMapping: String? {
        guard portMapping.usable == nil, doubleNAT != true,
            let dead = portMapping.methods.first(where: { $0.answer.isReachable == false }), let mapping = dead.answer.mapping
        else { return nil }
        return "The router says that it has opened \(mapping.external) (\(dead.name)), but nobody gets in there: "
            + "restart the router, and look at the firewall in its settings and at this machine's own."
    }

    private var brokenIPv6: String? {
        guard ipv6.local != nil, let outbound = ipv6.outbound, !outbound.isOpen else { return nil }
        return "IPv6 does not get out to the relay, though this machine and the relay have addresses of it: "
            + "ask your network team, or switch it off in the router."
    }

    private var doubleNATAdvice: String? {
        guard doubleNAT == true else { return nil }
        return "The router is itself behind another NAT: set one of the two to bridge mode, "
            + "or ask your provider for a public address."
    }

    // What the sentences are made of

    private func failed(_ transport: TransportProtocol) -> [UInt16] {
        ports.filter { report in
            guard report.target.transport == transport else { return false }
            return switch report.outbound {
            case .blocked, .unanswered: true
            case .open, .notServed: false
            }
        }.map(\.target.port)
    }

    /// A port that works: over the same transport if there is one, else over the other.
    private func working(_ transport: TransportProtocol) -> String? {
        let open = ports.filter(\.outbound.isOpen).map(\.target)
        if let same = open.first(where: { $0.transport == transport }) { return "\(same.port)\(isProxied(same) ? " through the proxy" : "")" }
        if transport == .tcp, let describedAt { return "\(describedAt)\(isDescribedThroughProxy ? " through the proxy" : "")" }
        if transport == .udp, let port = nat.reflexive.keys.min() { return "\(port)" }
        return open.first.map { "\($0)" } ?? describedAt.map { "\($0)/tcp" }
    }

    private func isProxied(_ target: ProbeTarget) -> Bool { ports.contains { $0.target == target && $0.way == .proxy } }

    private static func list(_ items: [some CustomStringConvertible]) -> String {
        guard items.count > 1, let last = items.last else { return items.first.map { "\($0)" } ?? "" }
        return items.dropLast().map { "\($0)" }.joined(separator: ", ") + " and \(last)"
    }

    private static func unique(_ ports: [UInt16]) -> [UInt16] {
        var seen: Set<UInt16> = []
        return ports.filter { seen.insert($0).inserted }
    }
}
