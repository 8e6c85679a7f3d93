import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A client over TCP, with TLS as often as is asked for, that collects what it is told.
final class TLSClient: Sendable {

    private let channel: any Channel
    private let incoming: Incoming

    fileprivate final class Incoming: Sendable {
        let bytes = Mutex<[UInt8]>([])
        let isClosed = Mutex(false)
        let changes: AsyncStream<Void>
        let changed: AsyncStream<Void>.Continuation
        init() { (changes, changed) = AsyncStream.makeStream() }
    }

    init(port: UInt16, tls: Int = 0, versions: (TLSVersion, TLSVersion) = (.tlsv12, .tlsv13)) async throws {
        let incoming = Incoming()
        self.incoming = incoming
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    for _ in 0..<tls {
                        var configuration = TLSConfiguration.makeClientConfiguration()
                        configuration.certificateVerification = .none
                        (configuration.minimumTLSVersion, configuration.maximumTLSVersion) = versions
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: NIOSSLContext(configuration: configuration), serverHostname: nil))
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(incoming))
                }
            }
            .connect(host: "127.0.0.1", port: Int(port)).get()
    }

    func send(_ bytes: some Sequence<UInt8>) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    /// What has arrived, once it satisfies `isEnough` or the connection is closed.
    func receive(until isEnough: ([UInt8]) -> Bool) async -> [UInt8] {
        for await _ in incoming.changes {
            let bytes = incoming.bytes.withLock { $0 }
            if isEnough(bytes) || isClosed { return bytes }
        }
        return incoming.bytes.withLock { $0 }
    }

    var isClosed: Bool { incoming.isClosed.withLock { $0 } }

    /// The DER of the certificate that the server showed; nil without TLS.
    func certificate() async throws -> [UInt8]? {
        try await channel.eventLoop.submit { [channel] in
            try channel.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self).peerCertificate?.toDERBytes()
        }.get()
    }

    func close() { channel.close(promise: nil) }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let incoming: TLSClient.Incoming

    init(_ incoming: TLSClient.Incoming) { self.incoming = incoming }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data).readableBytesView
        incoming.bytes.withLock { $0 += bytes }
        incoming.changed.yield()
    }

    func channelInactive(context: ChannelHandlerContext) {
        incoming.isClosed.withLock { $0 = true }
        incoming.changed.yield()
        incoming.changed.finish()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
