import Logging
import NIOCore
import Rendezvous

/// Finds the port, the protocol and the route by which a relay can be reached from here, and what it offers.
///
/// The URL's own port is asked first, directly and through the proxy if there is one; when none has answered after 500 ms,
/// the well-known ports of that host are asked too, all at once, and the first correct answer wins.
struct RelayDiscovery: Sendable {
    struct Relay: Sendable {
        var endpoint: RelayEndpoint
        var route = StreamRoute.direct
        var description: RelayDescription
    }

    /// No relay answered on any port.
    struct Unreachable: Error, Sendable, CustomStringConvertible {
        var url: RelayURL
        /// What a proxy had against it.
        var proxyFailure: ProxyFailure?
        var description: String {
            "No relay answers at \(url)\(url.isSecure ? " (does the relay have TLS? if not, write http://)" : ""). "
                + (proxyFailure.map { "\($0) " } ?? "")
                + "Check the address and your internet connection; `ra-probe` tells which ports get out."
        }
    }

    /// What came of asking one endpoint by one route; or only the time.
    private enum Outcome: Sendable {
        case found(Relay)
        case nobody(why: (any Error)?)
        case headStartIsOver
    }

    /// Ports that a firewall may have open, tried when the URL's own does not answer.
    static let fallbackPorts: [UInt16] = [443, 5349, 3478, 3389, 1863]
    /// How long the URL's own port has for itself.
    static let headStart = Duration.milliseconds(500)
    let trust: RelayTrust
    let routes: [StreamRoute]
    let loop: any EventLoop
    let headStart: Duration
    /// How long any one endpoint may take.
    let patience: TimeAmount
    private var url: RelayURL { trust.url }

    init(
        trust: RelayTrust, routes: [StreamRoute] = [.direct], headStart: Duration = headStart,
        patience: TimeAmount = .seconds(6), loop: any EventLoop
    ) {
        self.trust = trust
        self.routes = routes
        self.headStart = headStart
        self.patience = patience
        self.loop = loop
    }

    /// - Throws: `Distrust` when the URL's own port shows a certificate that is not to be trusted, and no other way leads to
    ///   one that is; `Unreachable` when no port answers as a relay does.
    func find() async throws -> Relay {
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            for route in routes { group.addTask { try await ask(url.endpoint, by: route, isNamed: true) } }
            group.addTask {
                try await Task.sleep(for: headStart)
                return .headStartIsOver
            }
            var underWay = routes.count
            var hasFallenBack = false
            var troubles: [any Error] = []
            while !hasFallenBack || underWay > 0, let outcome = try await group.next() {
                var isTimeForOthers = false
                switch outcome {
                case .found(let relay):
                    group.cancelAll()
                    return relay
                case .nobody(let why):
                    underWay -= 1
                    if let why { troubles.append(why) }
                    isTimeForOthers = underWay == 0
                case .headStartIsOver:
                    isTimeForOthers = true
                }
                guard isTimeForOthers, !hasFallenBack else { continue }
                try Task.checkCancellation()
                hasFallenBack = true
                for endpoint in Self.fallbacks(for: url) {
                    for route in routes {
                        underWay += 1
                        group.addTask { try await ask(endpoint, by: route, isNamed: false) }
                    }
                }
            }
            group.cancelAll()
            throw verdict(of: troubles)
        }
    }

    /// TLS and plain on each port; never plain for an https URL.
    static func fallbacks(for url: RelayURL) -> [RelayEndpoint] {
        let first = url.endpoint
        return fallbackPorts.flatMap { port in
            [true, false].compactMap { isSecure in
                guard isSecure || !url.isSecure else { return nil }
                let endpoint = RelayEndpoint(isSecure: isSecure, host: first.host, port: port)
                return endpoint == first ? nil : endpoint
            }
        }
    }

    /// - Parameter isNamed: the URL's own port can be said to be wrong; another service may have the others.
    private func ask(_ endpoint: RelayEndpoint, by route: StreamRoute, isNamed: Bool) async throws(Distrust) -> Outcome {
        let meeting = TLSMeeting(trust)
        ClientLog.relay.debug("asked for its description", metadata: ["at": "\(endpoint)", "by": "\(route)"])
        do {
            let body = try await HTTPFetch.get(
                RelayDescription.path, from: endpoint, by: route, meeting: meeting,
                maximumBytes: RelayDescription.maximumBytes, timeout: patience, loop: loop)
            let description = try RelayDescription(json: body)
            if case .firstMeeting(let key) = meeting.verdict, !trust.introduce(key) { return .nobody(why: nil) }
            ClientLog.relay.info("found", metadata: ["at": "\(endpoint)", "by": "\(route)"])
            return .found(Relay(endpoint: endpoint, route: route, description: description))
        } catch {
            ClientLog.relay.debug(
                "no description", metadata: ["at": "\(endpoint)", "by": "\(route)", "why": "\(meeting.distrust ?? error)"])
            guard isNamed, let distrust = meeting.distrust else { return .nobody(why: error as? ProxyFailure) }
            // Somebody may have put himself in between on one way, where the other is good: a proxy that looks inside, or the
            // firewall of a network that has a proxy.
            if routes.count == 1 { throw distrust }
            return .nobody(why: distrust)
        }
    }

    /// Of all that went wrong, what the person can do something about.
    private func verdict(of troubles: [any Error]) -> any Error {
        if let distrust = troubles.lazy.compactMap({ $0 as? Distrust }).first { return distrust }
        let failures = troubles.compactMap { $0 as? ProxyFailure }
        return Unreachable(url: url, proxyFailure: failures.first { !$0.isAboutTarget } ?? failures.first)
    }
}
