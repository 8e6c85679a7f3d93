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
    let contacts: ContactPlace
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
        let (place, contacts, routes, dialBack) = (place, contacts, routes, dialBack)
        context.channel.isCounted(as: .http)
        let upgrader = NIOWebSocketServerUpgrader(
            // The largest of any path; each path's own is checked behind it.
            maxFrameSize: WebSocketLimits.contacts.maximumMessageBytes,
            shouldUpgrade: { channel, head in
                channel.eventLoop.makeSucceededFuture(routes.upgrades(head) ? HTTPHeaders() : nil)
            },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    channel.isCounted(as: .websocket)
                    if head.uri == RelayDescription.contactsPath {
                        try installSocket(channel, head, limits: .contacts, place: contacts)
                    } else {
                        try installSocket(channel, head, limits: .rendezvous, place: place)
                    }
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

    private func installSocket(
        _ channel: any Channel, _ head: HTTPRequestHead, limits: WebSocketLimits, place: some SocketPlace
    ) throws {
        guard let source = channel.remoteAddress.flatMap(TransportAddress.init)?.ip else {
            throw ChannelError.unknownLocalAddress
        }
        let host = head.headers.first(name: "host").flatMap(HTTPAuthority.init)?.host ?? ""
        try channel.pipeline.syncOperations.addHandlers([
            WebSocketMessageHandler(side: .server, limits: limits),
            RendezvousHandler(place: place, source: source, host: host),
        ])
    }
}
