import NIOCore
import NIOHTTP1
import NIOSSL
import NIOTransport
import NIOWebSocket
import NetPrimitives

/// What stands behind every TCP port: looks at a connection's first bytes and gives it to TURN, to HTTP, to
/// the rendezvous, or to TLS, inside of which it looks again.
struct Front: Sendable {
    let dataPlane: DataPlane
    let place: MeetingPlace
    let routes: CurrentRoutes
    let dialBack: DialBackPage
    /// nil: TLS is not served.
    let certificate: CurrentCertificate?
    let senders: LoopSenders

    func install(on channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(
            SniffingHandler { verdict, context in
                if verdict == .tls { try installTLS(context) } else { try install(verdict, context) }
            })
    }

    /// TLS, and behind it whatever is spoken inside, which is not TLS once more.
    private func installTLS(_ context: ChannelHandlerContext) throws {
        guard let certificate else { throw ChannelError.inappropriateOperationForState }
        try context.pipeline.syncOperations.addHandlers([
            NIOSSLServerHandler(context: certificate.context), SniffingHandler { try install($0, $1) },
        ])
    }

    private func install(_ verdict: ProtocolSniffer.Verdict, _ context: ChannelHandlerContext) throws {
        switch verdict {
        case .stun: try installTURN(context)
        case .http: try installHTTP(context)
        case .tls, .unknown, .needsMore: throw ChannelError.inappropriateOperationForState
        }
    }

    private func installTURN(_ context: ChannelHandlerContext) throws {
        guard let client = context.channel.remoteAddress.flatMap(TransportAddress.init),
            let server = context.channel.localAddress.flatMap(TransportAddress.init)
        else { throw ChannelError.unknownLocalAddress }
        context.channel.isCounted(as: .turn)
        let channel = context.channel
        try context.pipeline.syncOperations.addHandler(
            TURNStreamHandler(
                dataPlane: dataPlane, fiveTuple: FiveTuple(transport: .tcp, client: client, server: server),
                sender: senders[context.eventLoop],
                account: dataPlane.streamMemory.open(for: client.ip.household) { channel.cut() }))
    }

    private func installHTTP(_ context: ChannelHandlerContext) throws {
        let (place, routes, dialBack) = (place, routes, dialBack)
        context.channel.isCounted(as: .http)
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: WebSocketLimits.rendezvous.maximumMessageBytes,
            shouldUpgrade: { channel, head in
                let allowed =
                    head.uri == RelayDescription.rendezvousPath
                    && OriginPolicy.allows(
                        origin: head.headers.first(name: "origin"), host: head.headers.first(name: "host"))
                return channel.eventLoop.makeSucceededFuture(allowed ? HTTPHeaders() : nil)
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    guard let source = channel.remoteAddress.flatMap(TransportAddress.init)?.ip else {
                        throw ChannelError.unknownLocalAddress
                    }
                    channel.isCounted(as: .websocket)
                    try channel.pipeline.syncOperations.addHandlers([
                        WebSocketMessageHandler(side: .server, limits: .rendezvous),
                        RendezvousHandler(place: place, source: source),
                    ])
                }
            })
        let pages = HTTPAnswerHandler { head, channel in
            dialBack.answer(to: head, on: channel) ?? channel.eventLoop.makeSucceededFuture(routes.respond(to: head))
        }
        let bound = NIOLoopBound(pages, eventLoop: context.eventLoop)
        try context.pipeline.syncOperations.configureHTTPServerPipeline(
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in context.pipeline.syncOperations.removeHandler(bound.value, promise: nil) }
            ),
            withEncoderConfiguration: .init(), withDecoderLimitConfiguration: .request)
        try context.pipeline.syncOperations.addHandler(pages)
    }
}
