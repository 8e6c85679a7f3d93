import NIOCore
import Rendezvous

/// Finds the port and the protocol by which a relay can be reached from here, and what it offers.
///
/// The URL's own port is asked first; when it has not answered after 500 ms, the well-known ports of
/// that host are asked too, all at once, and the first correct answer wins.
struct RelayDiscovery: Sendable {
    struct Relay: Sendable {
        var endpoint: RelayEndpoint
        var description: RelayDescription
    }

    /// No relay answered on any port.
    struct Unreachable: Error, Sendable, CustomStringConvertible {
        var url: RelayURL
        var description: String {
            "No relay answers at \(url)\(url.isSecure ? " (does the relay have TLS? if not, write http://)" : ""). "
                + "Check the address and your internet connection; `ra-probe` tells which ports get out."
        }
    }

    /// Ports that a firewall may have open, tried when the URL's own does not answer.
    static let fallbackPorts: [UInt16] = [443, 5349, 3478, 3389, 1863]
    /// How long the URL's own port has for itself.
    static let headStart = Duration.milliseconds(500)
    /// How long any one endpoint may take.
    static let patience = TimeAmount.seconds(6)

    let trust: RelayTrust
    let loop: any EventLoop
    private var url: RelayURL { trust.url }

    init(trust: RelayTrust, loop: any EventLoop) {
        self.trust = trust
        self.loop = loop
    }

    /// - Throws: `Distrust` when the URL's own port shows a certificate that is not to be trusted; `Unreachable` when no
    ///   port answers as a relay does.
    func find() async throws -> Relay {
        let first = url.endpoint
        return try await withThrowingTaskGroup(of: Relay?.self) { group in
            group.addTask { try await ask(first) }
            group.addTask {
                try await Task.sleep(for: Self.headStart)
                return nil
            }
            var asked = 1
            var hasFallenBack = false
            while asked > 0, let result = try await group.next() {
                if let relay = result {
                    group.cancelAll()
                    return relay
                }
                if !hasFallenBack {
                    // Either the head start is over or the first endpoint has failed: both mean "now the others".
                    hasFallenBack = true
                    for endpoint in Self.fallbacks(for: url) {
                        asked += 1
                        // Another service may have that port: only the URL's own can be said to be wrong.
                        group.addTask { try? await ask(endpoint) }
                    }
                } else {
                    asked -= 1
                }
            }
            throw Unreachable(url: url)
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

    /// nil: there is no relay that answers.
    private func ask(_ endpoint: RelayEndpoint) async throws(Distrust) -> Relay? {
        let meeting = TLSMeeting(trust)
        do {
            let body = try await HTTPFetch.get(
                RelayDescription.path, from: endpoint, meeting: meeting, maximumBytes: RelayDescription.maximumBytes,
                timeout: Self.patience, loop: loop)
            let description = try RelayDescription(json: body)
            if case .firstMeeting(let key) = meeting.verdict, !trust.introduce(key) { return nil }
            return Relay(endpoint: endpoint, description: description)
        } catch {
            if let distrust = meeting.distrust { throw distrust }
            return nil
        }
    }
}
