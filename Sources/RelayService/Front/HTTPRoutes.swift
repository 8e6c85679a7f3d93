import NIOHTTP1
import NIOTransport
import Rendezvous
import Synchronization

/// The few pages that a relay serves, as a function from request to response.
struct HTTPRoutes: Sendable {
    var name: String
    var realm: String
    /// What a client is told to use instead of the `Host` that it sent.
    var publicAuthority: HTTPAuthority?
    /// Whether what clients are told to use is TLS, perhaps in front of us.
    var publicIsSecure: Bool
    /// Whether this process serves TLS and DTLS, and so TURN over them, on each of its ports.
    var hasCertificate: Bool
    var udpPorts: [UInt16]
    var tcpPorts: [UInt16]
    var servesDialBack: Bool
    /// The fleet's nodes that live.
    var nodes: [String] = []
    /// What other nodes call this one: whoever was sent here by that name stays here, and is not told the one that all of them share.
    var ownURL: RelayURL?

    func respond(to head: HTTPRequestHead) -> HTTPAnswer {
        guard head.method == .GET || head.method == .HEAD else {
            return .text(.methodNotAllowed, "This page can only be read.")
        }
        switch head.path {
        case RelayDescription.path:
            return description(for: head)
        case "/":
            return .text(.ok, "This is a remote assistance relay. Give its address to ra-connect: --relay URL")
        case InvitationPage.scriptPath:
            return InvitationPage.script
        case let path where path.hasPrefix(InvitationPage.path):
            return InvitationPage.answer(to: path)
        default:
            return .text(.notFound, "There is no such page here.")
        }
    }

    private func description(for head: HTTPRequestHead) -> HTTPAnswer {
        let asked = head.headers.first(name: "host").flatMap(HTTPAuthority.init)
        let own = ownURL.flatMap { $0.authority == asked?.text.lowercased() ? $0 : nil }
        guard let authority = own == nil ? publicAuthority ?? asked : asked,
            let json = try? RelayDescription(
                name: name, realm: realm, host: authority.host, authority: authority.text, isSecure: own?.isSecure ?? publicIsSecure,
                udpPorts: udpPorts, tcpPorts: tcpPorts, isSecured: hasCertificate,
                dialBack: servesDialBack ? DialBackPage.path : nil, nodes: nodes
            ).json()
        else { return .text(.badRequest, "The request names no host.") }
        return HTTPAnswer(.ok, contentType: "application/json", body: json)
    }
}

extension HTTPRequestHead {
    /// What is asked for, without a query.
    var path: String { uri.split(separator: "?", maxSplits: 1).first.map(String.init) ?? "/" }
}

/// The routes of a relay that is starting: none, until every listener has been tried; and its health.
final class CurrentRoutes: Sendable {
    private let routes = Mutex<HTTPRoutes?>(nil)
    private let operation: CurrentOperation

    init(_ operation: CurrentOperation) { self.operation = operation }

    /// `/healthz`: the process answers. `/readyz`: it is one to send new clients to.
    func health(_ head: HTTPRequestHead) -> HTTPAnswer {
        guard head.method == .GET || head.method == .HEAD else {
            return .text(.methodNotAllowed, "This page can only be read.")
        }
        let state = operation.now
        if head.path == "/healthz" { return .text(.ok, "ok") }
        if state.isReady { return .text(.ok, "ready") }
        return .text(.serviceUnavailable, state.drain == nil ? "The relay is starting." : "The relay is draining.")
    }

    /// Whether it is a WebSocket that may be opened. Until the relay serves none is: it does not know its place in the fleet either.
    func upgrades(_ head: HTTPRequestHead) -> Bool {
        routes.withLock { $0 != nil } && RelayDescription.socketPaths.contains(head.uri)
            && OriginPolicy.allows(origin: head.headers.first(name: "origin"), host: head.headers.first(name: "host"))
    }

    func set(_ routes: HTTPRoutes) { self.routes.withLock { $0 = routes } }

    func change(_ body: (inout HTTPRoutes) -> Void) {
        routes.withLock { routes in
            guard var changed = routes else { return }
            body(&changed)
            routes = changed
        }
    }

    func respond(to head: HTTPRequestHead) -> HTTPAnswer {
        if head.path == "/healthz" || head.path == "/readyz" { return health(head) }
        return routes.withLock { $0 }?.respond(to: head)
            ?? .text(.serviceUnavailable, "The relay is starting.")
    }
}
