import NIOCore
import NIOHTTP1
import NIOPosix
import NIOTransport
import NIOWebSocket
import Session

/// Serves the helper's window: a page on loopback, and the WebSocket that brings it the screen.
///
/// Only this machine can reach it, only our own page may open the WebSocket, and only whoever knows the
/// token in the page's address gets an answer. Confined to its event loop.
actor ViewerServer {
    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    private let token = ViewerToken()
    private let onMessage: @Sendable (ViewerMessage) -> Void
    private var listener: (any Channel)?
    private var pages: [ObjectIdentifier: Page] = [:]
    /// What a page that comes late has to hear first.
    private var lastState: ViewerUpdate?
    private var lastSize: ViewerUpdate?

    private struct Page {
        let channel: any Channel
        /// A frame was dropped because the page is slow: nothing but a key frame helps.
        var needsKeyFrame = true
    }

    /// So many pages may be open at once: a second window, or a page that is being loaded anew.
    private static let maximumPages = 4

    /// - Parameter onMessage: what a page that proved itself says; called on `loop`.
    init(loop: any EventLoop, onMessage: @escaping @Sendable (ViewerMessage) -> Void) {
        self.loop = loop
        self.onMessage = onMessage
    }

    /// Opens a port on 127.0.0.1 and says the page's address, with the token.
    func start() async throws -> String {
        let listener = try await ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try ViewerPipeline.install(on: channel, server: self) }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        self.listener = listener
        return token.pageAddress(port: UInt16(listener.localAddress?.port ?? 0))
    }

    /// Tells every page.
    func send(_ update: ViewerUpdate) {
        switch update {
        case .state: lastState = update
        case .size: lastSize = update
        case .chat, .note, .ended: break
        }
        for page in pages.values { Self.write(update, to: page.channel) }
    }

    /// Shows a frame: a screen message as it came from the sharer.
    func show(_ message: [UInt8], isKey: Bool) {
        var wantsKeyFrame = false
        for (id, var page) in pages {
            if page.channel.isWritable, isKey || !page.needsKeyFrame {
                page.needsKeyFrame = false
                page.channel.writeAndFlush(WebSocketMessage.binary(message), promise: nil)
            } else {
                wantsKeyFrame = wantsKeyFrame || (!page.needsKeyFrame && !page.channel.isWritable)
                page.needsKeyFrame = true
            }
            pages[id] = page
        }
        if wantsKeyFrame { onMessage(.keyFrame) }
    }

    func stop() {
        listener?.close(promise: nil)
        listener = nil
        for page in pages.values { page.channel.close(promise: nil) }
        pages.removeAll()
    }

    // MARK: What the pages do

    fileprivate func admits(token candidate: String) -> Bool { token.matches(candidate) && pages.count < Self.maximumPages }

    fileprivate func opened(_ channel: any Channel) {
        pages[ObjectIdentifier(channel)] = Page(channel: channel)
        for update in [lastState, lastSize] {
            if let update { Self.write(update, to: channel) }
        }
        onMessage(.keyFrame)
    }

    /// A page that was slow takes pictures again: it has missed some, and needs a key frame.
    fileprivate func caughtUp(_ channel: any Channel) {
        if pages[ObjectIdentifier(channel)]?.needsKeyFrame == true { onMessage(.keyFrame) }
    }

    fileprivate func closed(_ channel: any Channel) { pages[ObjectIdentifier(channel)] = nil }

    fileprivate func received(_ message: ViewerMessage) { onMessage(message) }

    private static func write(_ update: ViewerUpdate, to channel: any Channel) {
        channel.writeAndFlush(WebSocketMessage.text(Array(update.json.utf8)), promise: nil)
    }
}

/// One page's WebSocket: silent until its first message brings the token.
final class ViewerSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketMessage

    private let server: ViewerServer
    private var isAdmitted = false

    init(server: ViewerServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .text(let text) = unwrapInboundIn(data), let message = try? ViewerMessage(json: text) else {
            return context.close(promise: nil)
        }
        let channel = context.channel
        switch (message, isAdmitted) {
        case (.hello(let token), false):
            guard server.assumeIsolated({ $0.admits(token: token) }) else { return context.close(promise: nil) }
            isAdmitted = true
            server.assumeIsolated { $0.opened(channel) }
        case (.hello, true), (_, false):
            context.close(promise: nil)
        case (_, true):
            server.assumeIsolated { $0.received(message) }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let channel = context.channel
        if isAdmitted, channel.isWritable { server.assumeIsolated { $0.caughtUp(channel) } }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        let channel = context.channel
        server.assumeIsolated { $0.closed(channel) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
