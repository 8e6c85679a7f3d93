import NIOCore
import NIOHTTP1
import NIOTransport
import NIOWebSocket
import NetPrimitives

/// The WebSocket to the relay's rendezvous, or to its switchboard for contacts: text out, text in.
struct RendezvousSocket: Sendable {
    enum Event: Sendable {
        case text([UInt8])
        /// The last event.
        case closed
    }

    /// The relay answered, but not with a WebSocket.
    struct Refused: Error, CustomStringConvertible {
        var service = Service.rendezvous
        var description: String {
            switch service {
            case .rendezvous: "The relay answered, but it offers no rendezvous: it may be another kind of server."
            case .contacts: "The relay answered, but it knows no contacts: it may be of an earlier version."
            }
        }
    }

    /// What it leads to.
    enum Service: String, Sendable {
        case rendezvous = "/rendezvous"
        case contacts = "/contacts"
    }

    private let channel: any Channel

    /// `receive` is called on `loop`. Cancelling closes the connection.
    ///
    /// - Parameter keepalive: how soon a relay that has vanished is noticed; nil: when the WebSocket was silent for too long.
    static func connect(
        to endpoint: RelayEndpoint, service: Service = .rendezvous, by route: StreamRoute, trust: RelayTrust,
        keepalive: TCPKeepalive? = nil, timeout: TimeAmount = .seconds(6), loop: any EventLoop,
        receive: @escaping @Sendable (Event) -> Void
    ) async throws -> RendezvousSocket {
        let meeting = TLSMeeting(trust)
        let upgraded = loop.makePromise(of: (any Channel).self)
        let connecting = route.connect(to: endpoint.host, port: endpoint.port, timeout: timeout, loop: loop) { channel in
            try install(on: channel, endpoint: endpoint, service: service, meeting: meeting, upgraded: upgraded, receive: receive)
        }
        connecting.whenFailure { upgraded.fail($0) }
        connecting.whenSuccess { channel in channel.closeFuture.whenComplete { _ in upgraded.fail(Refused(service: service)) } }
        let deadline = loop.scheduleTask(in: timeout) { upgraded.fail(ChannelError.connectTimeout(timeout)) }
        defer { deadline.cancel() }
        do {
            let channel = try await withTaskCancellationHandler {
                try await upgraded.futureResult.get()
            } onCancel: {
                upgraded.fail(CancellationError())
            }
            keepalive?.begin(on: channel)
            return RendezvousSocket(channel: channel)
        } catch {
            connecting.whenSuccess { $0.close(promise: nil) }
            throw meeting.distrust ?? error
        }
    }

    var isOpen: Bool { channel.isActive }

    /// This side's address.
    var local: IPAddress? { channel.localAddress.flatMap { TransportAddress($0)?.ip } }

    func send(_ text: [UInt8]) { channel.writeAndFlush(WebSocketMessage.text(text), promise: nil) }

    func close() { channel.close(promise: nil) }

    /// A relay that has vanished need not be noticed any more before the WebSocket was silent for too long.
    func endKeepalive() { TCPKeepalive.end(on: channel) }

    private static func install(
        on channel: any Channel, endpoint: RelayEndpoint, service: Service, meeting: TLSMeeting, upgraded: EventLoopPromise<any Channel>,
        receive: @escaping @Sendable (Event) -> Void
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        try meeting.install(on: pipeline, for: endpoint)
        let upgrader = NIOTypedWebSocketClientUpgrader<Void>(
            maxFrameSize: WebSocketLimits.rendezvous.maximumMessageBytes
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandlers([
                    WebSocketMessageHandler(side: .client, limits: .rendezvous), EventHandler(receive: receive),
                ])
                upgraded.succeed(channel)
            }
        }
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: service.rawValue)
        head.headers.add(name: "Host", value: endpoint.authority)
        head.headers.add(name: "Content-Length", value: "0")
        let configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: head, upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    upgraded.fail(Refused(service: service))
                    return channel.close()
                }))
        _ = try pipeline.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }
}

private final class EventHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketMessage

    private let receive: @Sendable (RendezvousSocket.Event) -> Void

    init(receive: @escaping @Sendable (RendezvousSocket.Event) -> Void) { self.receive = receive }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .text(let text) = unwrapInboundIn(data) { receive(.text(text)) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        receive(.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
