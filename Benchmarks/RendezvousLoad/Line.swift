import NIOCore
import NIOPosix

/// One WebSocket of a client, written for a program that has ten thousand of them: a handshake of fixed bytes, and frames whose mask
/// is zero (RFC 6455 §5.3 asks for any four bytes). What a relay may not send ends it.
final class Line: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Path: String { case rendezvous, contacts }

    /// What the relay is called in every request.
    static let host = "relay"
    private static let request =
        " HTTP/1.1\r\nHost: \(host)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"

    /// Who is at this end.
    protocol Owner: AnyObject {
        func lineOpened()
        func lineReceived(_ text: [UInt8])
        /// Once; also when it never opened.
        func lineClosed()
    }

    unowned let owner: any Owner
    private let path: Path
    private var context: ChannelHandlerContext?
    private var buffer = ByteBuffer()
    private var isUpgraded = false
    private var isOver = false

    init(_ owner: any Owner, _ path: Path) { (self.owner, self.path) = (owner, path) }

    /// - Parameter source: the loopback address that it comes from, as bounds count addresses.
    static func open(
        _ owner: any Owner, path: Path = .rendezvous, to port: Int, from source: String, on loop: any EventLoop
    ) -> Line {
        let line = Line(owner, path)
        let bound = NIOLoopBound(line, eventLoop: loop)
        do {
            let (local, remote) = (try SocketAddress(ipAddress: source, port: 0), try SocketAddress(ipAddress: "127.0.0.1", port: port))
            ClientBootstrap(group: loop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
                }
                .bind(to: local)
                .connect(to: remote)
                .whenFailure { _ in bound.value.finish() }
        } catch {
            loop.execute { bound.value.finish() }
        }
        return line
    }

    /// Sends text messages in one write.
    func send(_ texts: [[UInt8]]) {
        guard let context, !texts.isEmpty else { return }
        var bytes = context.channel.allocator.buffer(capacity: texts.reduce(0) { $0 + $1.count + 14 })
        for text in texts { Self.write(opcode: 1, text, into: &bytes) }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    func close() { context?.close(promise: nil) }

    private func finish() {
        guard !isOver else { return }
        isOver = true
        context = nil
        owner.lineClosed()
    }

    // MARK: The channel

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "GET /\(path.rawValue)" + Self.request)), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        buffer.writeImmutableBuffer(unwrapInboundIn(data))
        if !isUpgraded {
            guard let end = buffer.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
            let head = buffer.readSlice(length: end.upperBound - buffer.readerIndex)
            guard head.map({ String(buffer: $0).hasPrefix("HTTP/1.1 101") }) == true else { return context.close(promise: nil) }
            isUpgraded = true
            owner.lineOpened()
        }
        while !isOver, let (opcode, payload) = nextFrame() {
            switch opcode {
            case 1: owner.lineReceived(payload)
            case 9:
                var pong = context.channel.allocator.buffer(capacity: payload.count + 14)
                Self.write(opcode: 10, payload, into: &pong)
                context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
            case 10: break
            default: return context.close(promise: nil)
            }
        }
        // Ten thousand lines keep nothing that they do not need.
        if buffer.readableBytes == 0 { buffer = ByteBuffer() } else { buffer.discardReadBytes() }
    }

    private func nextFrame() -> (opcode: UInt8, payload: [UInt8])? {
        guard let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self),
            let second = buffer.getInteger(at: buffer.readerIndex + 1, as: UInt8.self)
        else { return nil }
        var (length, header) = (Int(second & 0x7F), 2)
        if length == 126 {
            guard let long = buffer.getInteger(at: buffer.readerIndex + 2, as: UInt16.self) else { return nil }
            (length, header) = (Int(long), 4)
        }
        guard buffer.readableBytes >= header + length else { return nil }
        buffer.moveReaderIndex(forwardBy: header)
        return (first & 0x0F, buffer.readBytes(length: length) ?? [])
    }

    private static func write(opcode: UInt8, _ payload: [UInt8], into bytes: inout ByteBuffer) {
        bytes.writeInteger(0x80 | opcode)
        if payload.count < 126 {
            bytes.writeInteger(0x80 | UInt8(payload.count))
        } else {
            bytes.writeInteger(0xFE as UInt8)
            bytes.writeInteger(UInt16(payload.count))
        }
        bytes.writeInteger(0 as UInt32)
        bytes.writeBytes(payload)
    }
}
