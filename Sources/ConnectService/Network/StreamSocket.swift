import NIOCore
import NIOPosix
import NIOTransport
import NetPrimitives

/// A TCP connection to a relay's TURN listener.
struct StreamSocket: Sendable {
    enum Event: Sendable {
        case bytes([UInt8])
        case closed
    }

    let local: TransportAddress
    private let channel: any Channel
    /// Bytes that may wait to be sent before further ones are dropped: about a second at 8 Mbit/s.
    private static let pendingBytesLimit = 1 << 20

    /// Connects within `timeout`. `receive` is called on `loop`; `.closed` is the last call.
    static func connect(
        to remote: TransportAddress, timeout: TimeAmount = .seconds(5), loop: any EventLoop,
        receive: @escaping @Sendable (Event) -> Void
    ) async throws -> StreamSocket {
        let channel = try await ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(
                .writeBufferWaterMark, value: .init(low: pendingBytesLimit / 2, high: pendingBytesLimit))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StreamHandler(receive: receive))
                }
            }
            .connect(to: SocketAddress(remote))
            .get()
        guard let local = channel.localAddress.flatMap(TransportAddress.init) else {
            throw ChannelError.unknownLocalAddress
        }
        return StreamSocket(local: local, channel: channel)
    }

    /// Sends framed bytes.
    ///
    /// - Parameter mayBeDropped: whether they are dropped when too much is waiting already, as a datagram would
    ///   be; requests may not, since over TCP nobody sends them again.
    func send(_ bytes: [UInt8], mayBeDropped: Bool) {
        guard channel.isWritable || !mayBeDropped else { return }
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    func close() { channel.close(promise: nil) }
}

private final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let receive: @Sendable (StreamSocket.Event) -> Void

    init(receive: @escaping @Sendable (StreamSocket.Event) -> Void) { self.receive = receive }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        receive(.bytes(Array(unwrapInboundIn(data).readableBytesView)))
    }

    func channelInactive(context: ChannelHandlerContext) {
        receive(.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
