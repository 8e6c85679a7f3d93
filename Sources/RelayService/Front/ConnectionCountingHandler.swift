import NIOCore
import NetPrimitives

/// Counts one admitted connection by what it speaks, and gives it back when it is closed. The first in its pipeline.
final class ConnectionCountingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let limits: ConnectionLimits
    private let source: IPAddress
    private var kind: ConnectionKind? = .undecided

    /// nil when there are too many connections.
    init?(_ limits: ConnectionLimits, source: IPAddress) {
        guard limits.admit(source) else { return nil }
        self.limits = limits
        self.source = source
    }

    func become(_ kind: ConnectionKind) {
        guard let former = self.kind else { return }
        limits.move(from: former, to: kind)
        self.kind = kind
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        guard let kind else { return }
        self.kind = nil
        limits.release(source, as: kind)
    }
}

extension Channel {
    /// Tells the count what this connection speaks. Call on its event loop.
    func isCounted(as kind: ConnectionKind) {
        try? pipeline.syncOperations.handler(type: ConnectionCountingHandler.self).become(kind)
    }
}
