import NIOCore
import NIOTransport
import NetPrimitives

/// A TCP connection to a relay's TURN listener, with TLS or without.
struct StreamSocket: Sendable {
    enum Event: Sendable {
        case bytes([UInt8])
        case closed
    }

    let local: TransportAddress
    /// The other end of the TCP connection: the relay, or the proxy.
    let remote: TransportAddress
    private let channel: any Channel
    /// Bytes that may wait to be sent before further ones are dropped: about a second at 8 Mbit/s.
    private static let pendingBytesLimit = 1 << 20

    /// Connects within `timeout`. `receive` is called on `loop`; `.closed` is the last call.
    ///
    /// - Parameters:
    ///   - endpoint: who is connected to.
    ///   - ip: which of the endpoint's addresses; nil for any.
    ///   - meeting: judges the certificate of an endpoint with TLS. What is sent waits for it.
    static func connect(
        to endpoint: RelayEndpoint, at ip: IPAddress? = nil, by route: StreamRoute = .direct, meeting: TLSMeeting? = nil,
        timeout: TimeAmount = .seconds(5), loop: any EventLoop, receive: @escaping @Sendable (Event) -> Void
    ) async throws -> StreamSocket {
        let host = ip.map { "\($0)" } ?? endpoint.host
        let connecting = route.connect(to: host, port: endpoint.port, timeout: timeout, loop: loop) { channel in
            try channel.syncOptions?.setOption(
                .writeBufferWaterMark, value: .init(low: pendingBytesLimit / 2, high: pendingBytesLimit))
            try meeting?.install(on: channel.pipeline.syncOperations, for: endpoint, protocols: [])
            try channel.pipeline.syncOperations.addHandler(StreamHandler(receive: receive))
        }
        let channel = try await connecting.get()
        guard let local = channel.localAddress.flatMap(TransportAddress.init),
            let remote = channel.remoteAddress.flatMap(TransportAddress.init)
        else { throw ChannelError.unknownLocalAddress }
        return StreamSocket(local: local, remote: remote, channel: channel)
    }

    /// Connects directly, without TLS.
    static func connect(
        to remote: TransportAddress, timeout: TimeAmount = .seconds(5), loop: any EventLoop,
        receive: @escaping @Sendable (Event) -> Void
    ) async throws -> StreamSocket {
        try await connect(
            to: RelayEndpoint(isSecure: false, host: "\(remote.ip)", port: remote.port), timeout: timeout, loop: loop,
            receive: receive)
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

/// Hands on what comes on a stream, and its end.
final class StreamHandler: ChannelInboundHandler {
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
