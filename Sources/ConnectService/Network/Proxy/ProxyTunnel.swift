import Foundation
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A TCP connection through an HTTP proxy: CONNECT, and then bytes go both ways as if nobody were in between.
enum ProxyTunnel {
    /// A tunnel to `host:port`, with nothing of the proxy left in its pipeline. Fails with `ProxyFailure`.
    static func open(
        through proxy: HTTPProxy, to host: String, port: UInt16, timeout: TimeAmount, loop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        let target = RelayEndpoint(isSecure: false, host: host, port: port).authority
        let isOpen = loop.makePromise(of: Void.self)
        let connecting = ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try install(on: channel.pipeline.syncOperations, proxy, target, deadline: .now() + timeout, isOpen)
                }
            }
            .connect(host: proxy.endpoint.host, port: Int(proxy.endpoint.port))
        connecting.whenFailure { isOpen.fail(ProxyFailure(.unreachable(reason($0)), of: proxy)) }
        return isOpen.futureResult.flatMap { connecting }
            .flatMap { channel in strip(channel).map { channel } }
            .flatMapErrorThrowing { error in
                connecting.whenSuccess { $0.close(promise: nil) }
                throw error as? ProxyFailure ?? ProxyFailure(.silent, of: proxy)
            }
    }

    private static func install(
        on pipeline: ChannelPipeline.SynchronousOperations, _ proxy: HTTPProxy, _ target: String, deadline: NIODeadline,
        _ isOpen: EventLoopPromise<Void>
    ) throws {
        if proxy.endpoint.isSecure { try pipeline.addHandler(tls(to: proxy.endpoint.host)) }
        var headers = HTTPHeaders([("Host", target)])
        if let credentials = proxy.credentials { headers.add(name: "Proxy-Authorization", value: credentials.exposedBasicValue) }
        let end = target.lastIndex(of: ":") ?? target.endIndex
        try pipeline.addHandlers([
            HTTPRequestEncoder(), ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes)),
            AnswerReader(proxy: proxy, target: target, isOpen: isOpen),
            NIOHTTP1ProxyConnectHandler(
                targetHost: String(target[..<end]), targetPort: Int(target[end...].dropFirst()) ?? 0, headers: headers,
                deadline: deadline, promise: isOpen),
        ])
    }

    /// Takes HTTP out again; the handler of CONNECT has left by itself.
    private static func strip(_ channel: any Channel) -> EventLoopFuture<Void> {
        let pipeline = channel.pipeline.syncOperations
        do {
            let removed = [
                pipeline.removeHandler(try pipeline.handler(type: AnswerReader.self)),
                pipeline.removeHandler(try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)),
                pipeline.removeHandler(try pipeline.handler(type: HTTPRequestEncoder.self)),
            ]
            return EventLoopFuture.andAllSucceed(removed, on: channel.eventLoop)
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
    }

    /// With the certificate that an authority vouches for: a proxy is not remembered, as a relay is.
    private static func tls(to host: String) throws -> NIOSSLClientHandler {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = ["http/1.1"]
        configuration.minimumTLSVersion = .tlsv12
        if let roots = ProcessInfo.processInfo.environment["SSL_CERT_FILE"], !roots.isEmpty { configuration.trustRoots = .file(roots) }
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(
            context: NIOSSLContext(configuration: configuration), serverHostname: isAddress ? nil : host)
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case is NIOConnectionError: (error as? NIOConnectionError).map(reason) ?? ""
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout: "nobody answers"
        default: "\(error)"
        }
    }

    private static func reason(_ error: NIOConnectionError) -> String {
        guard let single = error.connectionErrors.first else { return "its name is not known" }
        return reason(single.error)
    }
}

/// Reads the proxy's answer before the handler of CONNECT does, which keeps to itself why it failed.
private final class AnswerReader: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let proxy: HTTPProxy
    private let target: String
    private let isOpen: EventLoopPromise<Void>

    init(proxy: HTTPProxy, target: String, isOpen: EventLoopPromise<Void>) {
        self.proxy = proxy
        self.target = target
        self.isOpen = isOpen
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data), !(200..<300).contains(head.status.code) {
            isOpen.fail(ProxyFailure(head, to: target, of: proxy))
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        isOpen.fail(ProxyFailure(error is NIOSSLError ? .unreachable("TLS fails: \(error)") : .stranger, of: proxy))
        context.close(promise: nil)
    }
}
