import NIOCore
import NIOTransport
import NetPrimitives
import Rendezvous

/// Carries one WebSocket's messages to its place, in order, whichever event loop each is on.
final class RendezvousHandler<Place: SocketPlace>: ChannelInboundHandler {
    typealias InboundIn = WebSocketMessage

    private let place: Place
    private let source: IPAddress
    private let host: String
    /// Set on the place's loop, before any message is passed on.
    private let connection: Box
    private var isSilent = false

    private final class Box: @unchecked Sendable {  // touched on the place's loop alone
        var id: ConnectionID?
    }

    /// - Parameter host: what the client called this relay, without the port.
    init(place: Place, source: IPAddress, host: String) {
        self.place = place
        self.source = source
        self.host = host
        connection = Box()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        atPlace { [connection, source, host] in connection.id = $0.open(channel, source: source, host: host) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .text(let text) = unwrapInboundIn(data) else { return context.close(promise: nil) }
        atPlace { [connection] in
            if let id = connection.id { $0.receive(text, from: id) }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is WebSocketSilence { isSilent = true }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        atPlace { [connection, isSilent] in
            if let id = connection.id { $0.close(id, isSilent: isSilent) }
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func atPlace(_ work: @escaping @Sendable (isolated Place) -> Void) {
        let place = place
        place.loop.execute { place.assumeIsolated { work($0) } }
    }
}
