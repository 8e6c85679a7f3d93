import NetPrimitives
import Rendezvous

/// A client's connection to a node, with the time that the line takes; what is said stays in order.
final class Connection {
    enum Event {
        case opened
        case text([UInt8])
        /// Refused, or over; once, and the last.
        case closed
    }

    let source: IPAddress
    private unowned let world: World
    private let node: Node
    /// One way.
    private let trip: Duration
    private var id: ConnectionID?
    private var isOver = false
    private var receive: ((Event) -> Void)?

    /// Three trips pass until it is open: TCP's handshake and TLS's, and the WebSocket's with the second flight of that.
    init(_ world: World, to node: Node, from source: IPAddress, trip: Duration, receive: @escaping (Event) -> Void) {
        (self.world, self.node, self.source, self.trip, self.receive) = (world, node, source, trip, receive)
        world.agenda.after(trip * 3) { [self] in
            guard !isOver else { return }
            // Nobody listens any more; a host that is not there does not even refuse.
            guard node.isAlive else { return dies(unseenFor: world.plan.silence > .zero ? Plan.patience : .zero) }
            node.open(self)
        }
    }

    func accepted(as id: ConnectionID) {
        self.id = id
        guard !isOver else { return node.closed(id) }
        tell(.opened)
    }

    func send(_ text: [UInt8]) {
        world.agenda.after(trip) { [self] in if let id, !isOver { node.receive(text, from: id) } }
    }

    func deliver(_ text: [UInt8]) { tell(.text(text)) }

    /// By the client.
    func close() {
        isOver = true
        receive = nil
        world.agenda.after(trip) { [self] in if let id { node.closed(id) } }
    }

    /// By the node, or with it.
    ///
    /// - Parameter unseen: how long the client does not see it; nil: half the plan's silence to all of it when the node is dead, as its
    ///   kernel asks that often (`TCPKeepalive`).
    func dies(unseenFor unseen: Duration? = nil) {
        guard !isOver else { return }
        isOver = true
        let unseen = unseen ?? (node.isAlive ? .zero : world.plan.silence / 2 + world.random.duration(upTo: world.plan.silence / 2))
        world.agenda.after(trip + unseen) { [self] in
            receive?(.closed)
            receive = nil
        }
    }

    private func tell(_ event: Event) { world.agenda.after(trip) { [self] in receive?(event) } }
}
