import NIOCore
import NIOHTTP1
import NetPrimitives

/// One small request over HTTP/1.1, without a body: enough for what a relay tells.
enum HTTPFetch {
    enum Failure: Error, Hashable, Sendable {
        case status(UInt)
        case tooLarge
        /// The connection ended before the answer did.
        case incomplete
    }

    struct Answer: Hashable, Sendable {
        var status: HTTPResponseStatus
        /// Where it sends browsers (RFC 9110 §10.2.2).
        var location: String?
        var body: [UInt8]
    }

    /// The body of a 200 answer. Cancelling closes the connection.
    ///
    /// - Parameters:
    ///   - route: how the endpoint is connected to.
    ///   - meeting: judges the certificate, where there is one.
    static func get(
        _ path: String, from endpoint: RelayEndpoint, by route: StreamRoute, meeting: TLSMeeting, maximumBytes: Int,
        timeout: TimeAmount, loop: any EventLoop
    ) async throws -> [UInt8] {
        let answer = try await ask(
            .GET, path, of: endpoint, by: route, meeting: meeting, maximumBytes: maximumBytes, timeout: timeout, loop: loop)
        guard answer.status == .ok else { throw Failure.status(answer.status.code) }
        return answer.body
    }

    /// Any answer. Cancelling closes the connection.
    ///
    /// - Parameters:
    ///   - address: which of the endpoint's addresses is to be asked; nil: any.
    ///   - maximumBytes: of the body; nil: nobody wants it.
    static func ask(
        _ method: HTTPMethod, _ path: String, of endpoint: RelayEndpoint, at address: IPAddress? = nil,
        by route: StreamRoute = .direct, meeting: TLSMeeting, maximumBytes: Int?, timeout: TimeAmount, loop: any EventLoop
    ) async throws -> Answer {
        let answer = loop.makePromise(of: Answer.self)
        let host = address.map { "\($0)" } ?? endpoint.host
        let connecting = route.connect(to: host, port: endpoint.port, timeout: timeout, loop: loop) { channel in
            try meeting.install(on: channel.pipeline.syncOperations, for: endpoint)
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(AnswerCollector(answer: answer, maximumBytes: maximumBytes))
        }
        connecting.whenFailure { answer.fail($0) }
        connecting.whenSuccess { channel in
            var head = HTTPRequestHead(version: .http1_1, method: method, uri: path)
            head.headers.add(name: "Host", value: endpoint.authority)
            head.headers.add(name: "Connection", value: "close")
            if method == .POST { head.headers.add(name: "Content-Length", value: "0") }
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

private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let answer: EventLoopPromise<HTTPFetch.Answer>
    private let maximumBytes: Int?
    private var collected = HTTPFetch.Answer(status: .ok, body: [])

    init(answer: EventLoopPromise<HTTPFetch.Answer>, maximumBytes: Int?) {
        self.answer = answer
        self.maximumBytes = maximumBytes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            collected.status = head.status
            collected.location = head.headers.first(name: "location")
            if maximumBytes == nil { answer.succeed(collected) }
        case .body(let buffer):
            guard let maximumBytes else { return }
            guard collected.body.count + buffer.readableBytes <= maximumBytes else {
                return fail(HTTPFetch.Failure.tooLarge, context)
            }
            collected.body += buffer.readableBytesView
        case .end:
            answer.succeed(collected)
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
