import Glibc
import NIOCore
import NIOPosix
import NIOTransport
import NetPrimitives

/// One UDP port on one local address.
///
/// NIO reads it; sending is sendto(2) by our own hand. NIO closes a datagram channel when one write fails, and
/// an ICE agent must be able to try addresses to which there is no route.
final class DatagramSocket: Sendable {
    /// Called on the socket's event loop with each datagram, where it came from, and the local address it came to.
    typealias Receiver = @Sendable (_ bytes: [UInt8], _ source: TransportAddress, _ local: TransportAddress) -> Void

    let local: TransportAddress
    private let channel: any Channel
    private let descriptor: CInt

    private init(local: TransportAddress, channel: any Channel, descriptor: CInt) {
        self.local = local
        self.channel = channel
        self.descriptor = descriptor
    }

    /// Opens a port on `ip`; port 0 lets the system choose.
    static func open(
        on ip: IPAddress, port: UInt16 = 0, loop: any EventLoop, receive: @escaping Receiver
    ) async throws -> DatagramSocket {
        let address = try SocketAddress(TransportAddress(ip: ip, port: port))
        let descriptor = socket(
            ip.family == .ipv4 ? AF_INET : AF_INET6, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
                | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
        let bound = address.withSockAddr { pointer, size in bind(descriptor, pointer, socklen_t(size)) }
        guard bound == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw IOError(errnoCode: code, reason: "bind")
        }
        // From here on the channel owns the descriptor, also when it fails.
        let channel = try await DatagramBootstrap(group: loop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 2048))
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramHandler(receive: receive))
                }
            }
            .withBoundSocket(descriptor)
            .get()
        guard let local = channel.localAddress.flatMap(TransportAddress.init) else {
            throw ChannelError.unknownLocalAddress
        }
        return DatagramSocket(local: local, channel: channel, descriptor: descriptor)
    }

    /// Sends one datagram; one that the system does not take is lost, as any datagram may be. Call on the event loop.
    func send(_ bytes: [UInt8], to destination: TransportAddress) {
        // The channel closes its descriptor on this loop, so that it cannot become another file in between.
        channel.eventLoop.preconditionInEventLoop()
        guard channel.isActive, let remote = try? SocketAddress(destination) else { return }
        _ = remote.withSockAddr { pointer, size in
            sendto(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL), pointer, socklen_t(size))
        }
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

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
