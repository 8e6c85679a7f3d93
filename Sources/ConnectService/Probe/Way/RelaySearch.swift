import NIOCore

/// Looks for the relay by each route on its own: what the direct one leads to tells more, for only there the relay sees this
/// computer.
struct RelaySearch: Sendable {
    struct Finding: Sendable {
        var relay: RelayDiscovery.Relay?
        /// Why who answered in the relay's place was refused, when no route led to the relay.
        var distrust: Distrust?
    }

    private enum Outcome: Sendable {
        case answered(StreamRoute, Result<RelayDiscovery.Relay, any Error>)
        case patienceIsOver
    }

    /// How much later than the proxy's way the direct one may lead to the relay, and still be taken.
    private static let patienceForDirect = Duration.seconds(1)

    private let trust: RelayTrust
    private let routes: [StreamRoute]
    private let patience: TimeAmount
    private let loop: any EventLoop

    /// - Parameter patience: for any one endpoint.
    init(trust: RelayTrust, routes: [StreamRoute], patience: TimeAmount, loop: any EventLoop) {
        self.trust = trust
        self.routes = routes
        self.patience = patience
        self.loop = loop
    }

    /// Cancelling ends it with what is known by then.
    func run() async -> Finding {
        await withTaskGroup(of: Outcome.self) { group in
            for route in routes { group.addTask { .answered(route, await find(by: route)) } }
            var finding = Finding()
            var underWay = routes.count
            while underWay > 0, let outcome = await group.next() {
                guard case .answered(let route, let result) = outcome else { break }
                underWay -= 1
                switch result {
                case .success(let relay):
                    finding.relay = relay
                    if route == .direct { underWay = 0 }
                    group.addTask {
                        try? await Task.sleep(for: Self.patienceForDirect)
                        return .patienceIsOver
                    }
                case .failure(let error):
                    finding.distrust = finding.distrust ?? error as? Distrust
                }
            }
            group.cancelAll()
            if finding.relay != nil { finding.distrust = nil }
            return finding
        }
    }

    private func find(by route: StreamRoute) async -> Result<RelayDiscovery.Relay, any Error> {
        do {
            return .success(try await RelayDiscovery(trust: trust, routes: [route], patience: patience, loop: loop).find())
        } catch {
            return .failure(error)
        }
    }
}
