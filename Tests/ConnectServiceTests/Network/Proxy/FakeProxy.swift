import NIOCore
import NIOPosix
import NIOTransport
import NetPrimitives
import Synchronization

/// An HTTP proxy on loopback that makes tunnels to ports of loopback, or says what it was told to say.
final class FakeProxy: Sendable {
    enum Behaviour: Sendable {
        /// Connects to the port that was asked for, when it is among these, at 127.0.0.1; else 403.
        case connects(to: [UInt16])
        /// Connects to this port of 127.0.0.1, whatever was asked for.
        case leads(to: UInt16)
        /// Answers every request so, and keeps the connection open.
        case says(String)
        /// Reads, and says nothing.
        case swallows
        /// Closes the connection when the request has come.
        case hangsUp
    }

    let port: UInt16
    private let channel: any Channel
    private let asked: Requests

    /// The requests that came, whole.
    var requests: [String] { asked.texts.withLock { $0 } }
    var description: String { "127.0.0.1:\(port)" }

    init(_ behaviour: Behaviour) async throws {
        let asked = Requests()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RequestHandler(behaviour, asked))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = UInt16(channel.localAddress?.port ?? 0)
        self.asked = asked
    }

    func close() { channel.close(promise: nil) }

    fileprivate final class Requests: Sendable {
        let texts = Mutex<[String]>([])
    }
}

/// Reads up to the empty line, and then passes bytes on.
private final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let behaviour: FakeProxy.Behaviour
    private let asked: FakeProxy.Requests
    private var head = ""
    private var target: (any Channel)?
    private var isAnswered = false

    init(_ behaviour: FakeProxy.Behaviour, _ asked: FakeProxy.Requests) {
        self.behaviour = behaviour
        self.asked = asked
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if let target { return target.writeAndFlush(bytes, promise: nil) }
        guard !isAnswered else { return }
        head += String(buffer: bytes)
        guard head.hasSuffix("\r\n\r\n") else { return }
        isAnswered = true
        asked.texts.withLock { $0.append(head) }
        switch behaviour {
        case .swallows: break
        case .hangsUp: context.close(promise: nil)
        case .says(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        case .connects(let ports):
            let words = head.split(separator: " ")
            guard words.count > 1, words[0] == "CONNECT", let port = words[1].split(separator: ":").last.flatMap({ UInt16($0) }),
                ports.contains(port)
            else {
                let refusal = "HTTP/1.1 403 Filtered\r\nContent-Length: 2\r\n\r\nno"
                return context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: refusal)), promise: nil)
            }
            connect(context, to: port)
        case .leads(let port): connect(context, to: port)
        }
    }

    private func connect(_ context: ChannelHandlerContext, to port: UInt16) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let client = context.channel
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Forwarder(to: client)) }
            }
            .connect(host: "127.0.0.1", port: Int(port))
            .whenComplete { result in
                let (handler, context) = bound.value
                switch result {
                case .success(let channel):
                    handler.target = channel
                    // A length has no meaning here, and some proxies send one (RFC 9110 §9.3.6).
                    let answer = "HTTP/1.1 200 Connection established\r\nContent-Length: 0\r\n\r\n"
                    context.writeAndFlush(handler.wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
                case .failure:
                    context.writeAndFlush(handler.wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 502 Bad Gateway\r\n\r\n")), promise: nil)
                }
            }
    }

    func channelInactive(context: ChannelHandlerContext) {
        target?.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

private final class Forwarder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    init(to other: any Channel) { self.other = other }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { other.writeAndFlush(unwrapInboundIn(data), promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        other.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
