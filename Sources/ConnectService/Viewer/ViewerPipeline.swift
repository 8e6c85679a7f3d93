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
        let page = ViewerPageHandler()
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
}

private final class ViewerPageHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private var head: HTTPRequestHead?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            self.head = nil
            answer(head, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let isOurs = request.headers.first(name: "host").map { ViewerPipeline.isOurs($0, on: context.channel) } ?? false
        let path = request.uri.split(separator: "?").first.map(String.init) ?? "/"
        let asset = isOurs && request.method == .GET ? WebAssets.viewer[path == "/" ? "/index.html" : path] : nil
        var head = HTTPResponseHead(version: request.version, status: asset == nil ? .notFound : .ok)
        head.headers.add(name: "Content-Type", value: asset?.contentType ?? "text/plain; charset=utf-8")
        head.headers.add(name: "Content-Length", value: String(asset?.body.count ?? 0))
        head.headers.add(name: "Cache-Control", value: "no-store")
        head.headers.add(name: "X-Content-Type-Options", value: "nosniff")
        head.headers.add(name: "Referrer-Policy", value: "no-referrer")
        head.headers.add(name: "Cross-Origin-Opener-Policy", value: "same-origin")
        head.headers.add(
            name: "Content-Security-Policy",
            value: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if let asset { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: asset.body)))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
