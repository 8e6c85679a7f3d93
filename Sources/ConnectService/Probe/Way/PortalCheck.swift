import NIOCore
import NIOHTTP1
import NetPrimitives

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

    func run(asking endpoint: RelayEndpoint = nobody, within patience: Duration) async -> Interceptor? {
        let answer = try? await HTTPFetch.ask(
            .GET, "/", of: endpoint, meeting: TLSMeeting(trust), maximumBytes: nil, timeout: TimeAmount(patience), loop: loop)
        return answer.map { Interceptor(status: $0.status.code, location: $0.location) }
    }
}
