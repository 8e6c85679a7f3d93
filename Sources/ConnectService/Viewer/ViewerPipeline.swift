import NIOCore
import NIOHTTP1
import NIOTransport
import NIOWebSocket
import Web

/// HTTP for the viewer's page: its files, and the upgrade to its WebSocket.
enum ViewerPipeline {
    static let socketPath = "/socket"

    static func install(on channel: any Channel, server: ViewerServer) throws {
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: WebSocketLimits.viewer.maximumMessageBytes,
            shouldUpgrade: { channel, head in
                channel.eventLoop.makeSucceededFuture(mayUpgrade(head, on: channel) ? HTTPHeaders() : nil)
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        WebSocketMessageHandler(side: .server, limits: .viewer), ViewerSocketHandler(server: server),
                    ])
                }
            })
        let page = HTTPAnswerHandler(answer: answer)
        let bound = NIOLoopBound(page, eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in context.pipeline.syncOperations.removeHandler(bound.value, promise: nil) }
            ))
        try channel.pipeline.syncOperations.addHandler(page)
    }

    /// Our own page only: a browser cannot lie about `Origin`, and a name that was bent to 127.0.0.1
    /// (DNS rebinding) shows in `Host`.
    private static func mayUpgrade(_ head: HTTPRequestHead, on channel: any Channel) -> Bool {
        guard head.uri == socketPath, let host = head.headers.first(name: "host"), isOurs(host, on: channel) else {
            return false
        }
        return head.headers.first(name: "origin") == "http://\(host)"
    }

    static func isOurs(_ host: String, on channel: any Channel) -> Bool {
        guard let port = channel.localAddress?.port else { return false }
        return host == "127.0.0.1:\(port)" || host == "localhost:\(port)"
    }

    private static func answer(_ head: HTTPRequestHead, on channel: any Channel) -> HTTPAnswer {
        let isOurs = head.headers.first(name: "host").map { self.isOurs($0, on: channel) } ?? false
        let path = head.uri.split(separator: "?").first.map(String.init) ?? "/"
        guard isOurs, head.method == .GET, let asset = WebAssets.viewer[path == "/" ? "/index.html" : path] else {
            return .text(.notFound, "There is no such page here.")
        }
        return HTTPAnswer(
            .ok, contentType: asset.contentType,
            fields: [
                "Referrer-Policy": "no-referrer",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Content-Security-Policy":
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                    + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ],
            body: asset.body)
    }
}
