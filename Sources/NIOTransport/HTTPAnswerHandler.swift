public import NIOCore
public import NIOHTTP1

/// Answers each request of a connection from a function; a body is read and thrown away.
///
/// A connection that asks for nothing within `patience` is closed.
public final class HTTPAnswerHandler: ChannelDuplexHandler, RemovableChannelHandler {
    public typealias OutboundIn = HTTPServerResponsePart
    public typealias InboundIn = HTTPServerRequestPart
    public typealias OutboundOut = HTTPServerResponsePart

    private let patience: TimeAmount
    private let answer: (HTTPRequestHead, any Channel) -> EventLoopFuture<HTTPAnswer>
    private var head: HTTPRequestHead?
    private var timeout: Scheduled<Void>?
    private var answered = 0
    private var isReadPending = false
    /// Answers on one connection: our pages are few, and whoever wants more asks again.
    private static let maximumAnswers = 100

    public convenience init(
        patience: TimeAmount = .seconds(30), answer: @escaping (HTTPRequestHead, any Channel) -> HTTPAnswer
    ) {
        self.init(patience: patience) { head, channel in channel.eventLoop.makeSucceededFuture(answer(head, channel)) }
    }

    /// For answers that take a while; one that fails closes the connection. The pipeline must hold further requests
    /// back until an answer was written, as `configureHTTPServerPipeline` sees to.
    public init(
        patience: TimeAmount = .seconds(30),
        answer: @escaping (HTTPRequestHead, any Channel) -> EventLoopFuture<HTTPAnswer>
    ) {
        self.patience = patience
        self.answer = answer
    }

    public func handlerAdded(context: ChannelHandlerContext) { wait(context) }

    public func handlerRemoved(context: ChannelHandlerContext) { timeout?.cancel() }

    /// Nobody who does not read the answers is asked for more questions.
    public func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { isReadPending = true }
    }

    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isReadPending, context.channel.isWritable {
            isReadPending = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head, answered < Self.maximumAnswers else { return }
            self.head = nil
            answered += 1
            wait(context)
            let channel = context.channel
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            answer(head, channel).hop(to: context.eventLoop).assumeIsolated().whenComplete { result in
                guard channel.isActive, case .success(let answer) = result else { return channel.close(promise: nil) }
                bound.value.0.send(answer, for: head, bound.value.1)
            }
        }
    }

    public func channelInactive(context: ChannelHandlerContext) {
        timeout?.cancel()
        context.fireChannelInactive()
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func wait(_ context: ChannelHandlerContext) {
        timeout?.cancel()
        let channel = context.channel
        timeout = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
    }

    private func send(_ answer: HTTPAnswer, for request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let isKeptAlive = request.isKeepAlive && answered < Self.maximumAnswers
        var head = HTTPResponseHead(version: request.version, status: answer.status)
        head.headers.add(name: "Content-Type", value: answer.contentType)
        head.headers.add(name: "Content-Length", value: String(answer.body.count))
        head.headers.add(name: "Cache-Control", value: "no-store")
        head.headers.add(name: "X-Content-Type-Options", value: "nosniff")
        head.headers.add(name: "Connection", value: isKeptAlive ? "keep-alive" : "close")
        for (name, value) in answer.fields { head.headers.add(name: name, value: value) }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        }
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        guard !isKeptAlive else { return }
        let channel = context.channel
        written.whenComplete { _ in channel.close(promise: nil) }
    }
}
