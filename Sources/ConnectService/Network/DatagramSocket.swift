import NIOCore
import NIOPosix
import NIOTransport
import NetPrimitives

/// One UDP port on one local address.
struct DatagramSocket: Sendable {
    let local: TransportAddress
    private let channel: any Channel

    /// Called on the socket's event loop with each datagram, where it came from, and the local address it came to.
    typealias Receiver = @Sendable (_ bytes: [UInt8], _ source: TransportAddress, _ local: TransportAddress) -> Void

    /// Opens a port on `ip`; port 0 lets the system choose.
    static func open(
        on ip: IPAddress, port: UInt16 = 0, loop: any EventLoop, receive: @escaping Receiver
    ) async throws -> DatagramSocket {
        let channel = try await DatagramBootstrap(group: loop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 2048))
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramHandler(receive: receive))
                }
            }
            .bind(to: SocketAddress(TransportAddress(ip: ip, port: port)))
            .get()
        guard let local = channel.localAddress.flatMap(TransportAddress.init) else {
            throw ChannelError.unknownLocalAddress
        }
        return DatagramSocket(local: local, channel: channel)
    }

    /// Sends one datagram; one that the system does not take is lost, as any datagram may be.
    func send(_ bytes: [UInt8], to destination: TransportAddress) {
        guard let remote = try? SocketAddress(destination) else { return }
        channel.writeAndFlush(AddressedEnvelope(remoteAddress: remote, data: ByteBuffer(bytes: bytes)), promise: nil)
    }

    func close() { channel.close(promise: nil) }
}

private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let receive: DatagramSocket.Receiver
    private var local: TransportAddress?

    init(receive: @escaping DatagramSocket.Receiver) { self.receive = receive }

    func channelActive(context: ChannelHandlerContext) {
        local = context.channel.localAddress.flatMap(TransportAddress.init)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let source = TransportAddress(envelope.remoteAddress), let local else { return }
        receive(Array(envelope.data.readableBytesView), source, local)
    }

    /// An ICMP error for one peer says nothing about the others: the socket stays open.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
