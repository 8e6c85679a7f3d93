import NIOCore
import NIOPosix
import NetPrimitives

/// The TCP connection of one forwarded connection: with an application at the helper, with the place it wants at the sharer.
///
/// It is read only when that is asked for. Confined to its channel's event loop.
final class ForwardingSocket: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    enum News {
        case read([UInt8])
        /// The other end writes no more.
        case readEnd
        /// So many bytes were taken by the kernel.
        case wrote(Int)
        case broke
        /// Nothing comes after it.
        case closed
    }

    /// SO_LINGER's value (socket(7)): with a time of zero, close() resets.
    private struct Linger: Sendable {
        var isOn: Int32 = 1
        var seconds: Int32 = 0
    }

    /// Bytes that the kernel keeps, in each direction; by itself it would let them grow to megabytes for each connection. At the
    /// end of input NIO reads all of them at once, whether we want them or not.
    private static let kernelBuffer: SocketOptionValue = 256 << 10

    /// What a channel must have before it is one of these.
    static var options: ChannelOptions.Storage {
        var options = ChannelOptions.Storage()
        options.append(key: .autoRead, value: false)
        options.append(key: .allowRemoteHalfClosure, value: true)
        options.append(key: .tcpOption(.tcp_nodelay), value: 1)
        options.append(key: .socketOption(.so_rcvbuf), value: kernelBuffer)
        options.append(key: .socketOption(.so_sndbuf), value: kernelBuffer)
        return options
    }

    private let channel: any Channel
    private let tell: (News) -> Void
    /// Writes that the kernel has not taken.
    private var underWay = 0
    private var wantsEnd = false
    private var hasSentEnd = false
    private var hasBroken = false
    private var isFinishing = false
    private var isClosed = false

    /// - Parameter channel: whose options are `options`, and from which nothing was read yet.
    init(_ channel: any Channel, tell: @escaping (News) -> Void) throws {
        self.channel = channel
        self.tell = tell
        try channel.pipeline.syncOperations.addHandler(self)
    }

    // MARK: What is to be done

    func read() { channel.read() }

    func write(_ bytes: [UInt8]) {
        underWay += 1
        channel.writeAndFlush(ByteBuffer(bytes: bytes)).assumeIsolated().whenComplete { result in
            self.underWay -= 1
            guard !self.isClosed else { return }
            if case .success = result { self.tell(.wrote(bytes.count)) } else { self.tell(.broke) }
            self.proceed()
        }
    }

    /// Sends a FIN behind what was written.
    func writeEnd() {
        wantsEnd = true
        proceed()
    }

    /// Closes when everything was written.
    func finish() {
        isFinishing = true
        proceed()
    }

    /// Closes now, so that the other end knows that it was no ordinary end.
    func reset() {
        _ = (channel as? any SocketOptionProvider)?.unsafeSetSocketOption(level: .socket, name: .so_linger, value: Linger())
        channel.close(promise: nil)
    }

    private func proceed() {
        guard underWay == 0, !isClosed else { return }
        if isFinishing {
            channel.close(promise: nil)
        } else if wantsEnd {
            wantsEnd = false
            hasSentEnd = true
            // One that cannot end a direction is closed already.
            channel.close(mode: .output, promise: nil)
        }
    }

    // MARK: What happens

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { tell(.read(Array(unwrapInboundIn(data).readableBytesView))) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { tell(.readEnd) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isClosed {
            isClosed = true
            // When the second direction ends NIO closes, and says nothing else.
            if hasSentEnd, !hasBroken { tell(.readEnd) }
            tell(.closed)
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        hasBroken = true
        if !isClosed { tell(.broke) }
        context.close(promise: nil)
    }
}
