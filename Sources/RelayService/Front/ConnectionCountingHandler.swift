import NIOCore
import NetPrimitives

/// Counts one admitted connection by what it speaks, and gives it back when it is closed. The first in its pipeline.
final class ConnectionCountingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let limits: ConnectionLimits
    private let gate: BanGate?
    private let source: IPAddress
    private var kind: ConnectionKind? = .undecided

    /// nil when there are too many connections, or a ban covers the source.
    ///
    /// - Parameter gate: nil where bans do not count.
    init?(_ limits: ConnectionLimits, gate: BanGate?, channel: any Channel, source: IPAddress) {
        guard gate?.admit(channel, from: source) ?? true else { return nil }
        guard limits.admit(source) else {
            gate?.forget(channel)
            return nil
        }
        self.limits = limits
        self.gate = gate
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
        gate?.forget(context.channel)
        limits.release(source, as: kind)
    }
}

extension Channel {
    /// Tells the count what this connection speaks. Call on its event loop.
    func isCounted(as kind: ConnectionKind) {
        try? pipeline.syncOperations.handler(type: ConnectionCountingHandler.self).become(kind)
    }
}
