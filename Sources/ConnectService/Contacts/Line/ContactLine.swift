import NIOCore
import NIOTransport
import NetPrimitives
import Rendezvous
import Session

/// A person's connection to the switchboard of one relay at a time, and the machine that speaks on it. Nothing is opened again by
/// itself: whoever owns the line knows whether, when and where.
actor ContactLine {
    enum Event: Sendable {
        case said(PersonClient.Event)
        /// The connection that there was is gone.
        case closed
    }

    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

    private let proxy: ProxyRule?
    private let receive: @Sendable (Event) -> Void
    private var client: PersonClient
    private var socket: RendezvousSocket?
    /// How often one was to be opened; what comes of an earlier attempt counts no more.
    private var attempts = 0
    /// Which of the nodes that the last attempt has asked is the one.
    private var chosen: Int?

    /// - Parameter receive: called on `loop`.
    init(identity: PersonIdentity, proxy: ProxyRule?, loop: any EventLoop, receive: @escaping @Sendable (Event) -> Void) {
        client = PersonClient(identity: identity)
        self.proxy = proxy
        self.loop = loop
        self.receive = receive
    }

    /// Connects, in place of the connection that there was.
    ///
    /// - Parameter places: those that are asked, one after the other; the first that answers is taken.
    /// - Returns: the one, and the relays of its fleet as it names them.
    @discardableResult
    func open(_ places: [RelayURL], patience: TimeAmount = .seconds(6)) async throws(FlowError) -> (place: RelayURL, nodes: [RelayURL]) {
        attempts += 1
        let number = attempts
        chosen = nil
        hangUp()
        let (index, (socket, relay)) = try await Meeting.connect(
            toOneOf: places.map { RelayTrust($0) }, service: .contacts, proxy: proxy, patience: patience, loop: loop
        ) { event, index in
            self.assumeIsolated { $0.received(event, on: number, of: index) }
        }
        guard number == attempts, socket.isOpen else {
            socket.close()
            throw FlowError(.relayLost, "The relay closed the connection.")
        }
        self.socket = socket
        chosen = index
        client.connectionOpened(to: places[index])
        drain()
        return (places[index], (relay.description.nodes ?? []).prefix(Self.maximumNodes).compactMap { RelayURL($0) })
    }

    /// Tells the machine something, and says what it wants said.
    func perform<Result>(_ command: (inout PersonClient) -> Result) -> Result {
        defer { drain() }
        return command(&client)
    }

    func close() {
        attempts += 1
        hangUp()
    }

    /// Where the connection leads; nil while there is none.
    var place: RelayURL? { socket == nil ? nil : client.relay }

    /// This side's address of that connection.
    var local: IPAddress? { socket?.local }

    /// A fleet of more is tried in part.
    private static let maximumNodes = 64

    private func hangUp() {
        guard let socket else { return }
        self.socket = nil
        socket.close()
        client.connectionClosed()
        drain()
    }

    private func received(_ event: RendezvousSocket.Event, on number: Int, of index: Int) {
        guard number == attempts, index == chosen else { return }
        switch event {
        case .text(let text):
            client.receive(text, at: .now())
            drain()
        case .closed:
            guard socket != nil else { return }  // whoever opens it is still at it, and will notice
            hangUp()
            receive(.closed)
        }
    }

    private func drain() {
        while let text = client.nextMessage() { socket?.send(text) }
        while let event = client.nextEvent() { receive(.said(event)) }
    }
}
