import NIOCore
import NIOHTTP1
import NetPrimitives

/// A web page that this network shows in everybody's place, until somebody signs in.
package struct Portal: Hashable, Sendable {
    /// Where it sends browsers; nil when it does not say.
    package var place: String?

    package init(place: String?) { self.place = place }
}

/// Asks for a web page where there cannot be one: who answers stands in everybody's way (RFC 8952 §1).
struct PortalCheck: Sendable {
    /// An address of TEST-NET-1, which nobody has (RFC 5737 §3).
    static let nobody = RelayEndpoint(isSecure: false, host: "192.0.2.1", port: 80)

    private let trust: RelayTrust
    private let loop: any EventLoop

    init(trust: RelayTrust, loop: any EventLoop) {
        self.trust = trust
        self.loop = loop
    }

    func run(asking endpoint: RelayEndpoint = nobody, within patience: Duration) async -> Portal? {
        let answer = try? await HTTPFetch.ask(
            .GET, "/", of: endpoint, meeting: TLSMeeting(trust), maximumBytes: 1 << 20, timeout: TimeAmount(patience),
            loop: loop)
        return answer.map { Portal(place: $0.location.map { String($0.prefix(200)) }) }
    }
}
