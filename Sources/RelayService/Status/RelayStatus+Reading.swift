import Foundation

extension RelayStatus {
    /// Reads a relay's answer. It may be an older release's, which drains while this one is installed: what that does not say
    /// is nothing, or none.
    static func read(_ answer: Data) throws -> RelayStatus {
        let said = try JSONSerialization.jsonObject(with: answer)
        let nothing = try JSONSerialization.jsonObject(with: encoder.encode(Self.nothing))
        return try decoder.decode(
            RelayStatus.self, from: JSONSerialization.data(withJSONObject: complete(said, from: nothing), options: .fragmentsAllowed))
    }

    /// What was said, with what is missing in it.
    private static func complete(_ said: Any, from nothing: Any) -> Any {
        guard let said = said as? [String: Any], let nothing = nothing as? [String: Any] else { return said }
        return said.merging(nothing) { complete($0, from: $1) }
    }

    /// What a relay says that says nothing.
    private static let nothing = RelayStatus(
        version: "unknown", pid: 0, time: .distantPast, started: .distantPast, url: "", realm: "", signsWithStateSecret: false,
        listeners: Listeners(udp: [], tcp: []), isReady: false,
        allocations: Allocations(total: 0, limit: 0, byTransport: [:], made: 0, ended: [:]),
        relayed: Traffic(packets: [:], bytes: [:]), dropped: [:], requests: [:], refused: [:], authenticationFailures: [:],
        connections: Connections(limit: 0, open: [:]), rendezvous: Rendezvous(invitations: 0, meetings: [:], refused: [:]),
        contacts: Contacts(present: 0, calls: 0), store: Store(kind: "sqlite", reachable: true, nodes: []),
        reloads: Reloads(succeeded: 0, failed: 0, lastSucceeded: true, lastSuccess: .distantPast, waiting: []), workers: [],
        openFiles: 0, maximumFiles: 0, residentBytes: 0)
}
