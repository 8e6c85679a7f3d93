import NIOCore
import NIOHTTP1
import NIOPosix

/// One small GET over HTTP/1.1: enough for a relay's description.
enum HTTPFetch {
    enum Failure: Error, Hashable, Sendable {
        case status(UInt)
        case tooLarge
        /// The connection ended before the answer did.
        case incomplete
    }

    /// The body of a 200 answer. Cancelling closes the connection.
    ///
    /// - Parameter meeting: judges the certificate, where there is one.
    static func get(
        _ path: String, from endpoint: RelayEndpoint, meeting: TLSMeeting, maximumBytes: Int, timeout: TimeAmount,
        loop: any EventLoop
    ) async throws -> [UInt8] {
        let answer = loop.makePromise(of: [UInt8].self)
        let connecting = ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try meeting.install(on: channel.pipeline.syncOperations, for: endpoint)
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(
                        BodyCollector(answer: answer, maximumBytes: maximumBytes))
                }
            }
            .connect(host: endpoint.host, port: Int(endpoint.port))
        connecting.whenFailure { answer.fail($0) }
        connecting.whenSuccess { channel in
            var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
            head.headers.add(name: "Host", value: endpoint.authority)
            head.headers.add(name: "Connection", value: "close")
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        }
        let deadline = loop.scheduleTask(in: timeout) { answer.fail(ChannelError.connectTimeout(timeout)) }
        defer {
            deadline.cancel()
            connecting.whenSuccess { $0.close(promise: nil) }
        }
        return try await withTaskCancellationHandler {
            try await answer.futureResult.get()
        } onCancel: {
            answer.fail(CancellationError())
        }
    }
}

private final class BodyCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let answer: EventLoopPromise<[UInt8]>
    private let maximumBytes: Int
    private var body: [UInt8] = []

    init(answer: EventLoopPromise<[UInt8]>, maximumBytes: Int) {
        self.answer = answer
        self.maximumBytes = maximumBytes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard head.status == .ok else { return fail(HTTPFetch.Failure.status(head.status.code), context) }
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= maximumBytes else {
                return fail(HTTPFetch.Failure.tooLarge, context)
            }
            body += buffer.readableBytesView
        case .end:
            answer.succeed(body)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(HTTPFetch.Failure.incomplete)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(error, context) }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        answer.fail(error)
        context.close(promise: nil)
    }
}
