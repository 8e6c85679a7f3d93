internal import NetPrimitives

/// The forwarded TCP connections of a session, at either side. Which places the person has said yes to, `SessionMachine` knows.
///
/// Sockets and data channels are the driver's: it tells what they do, and drains `nextTransmit()` and `nextEvent()` after every call.
/// Whatever the peer sends, there are no more connections than `limits` says, and of each no more bytes than a window and what was
/// read ahead.
public struct Forwarding: Sendable {
    /// What has gone through, for the record of the session.
    public struct Traffic: Hashable, Sendable {
        public var connections = 0
        public var sentBytes = 0
        public var receivedBytes = 0

        public init(connections: Int = 0, sentBytes: Int = 0, receivedBytes: Int = 0) {
            self.connections = connections
            self.sentBytes = sentBytes
            self.receivedBytes = receivedBytes
        }
    }

    public let role: Role
    public let limits: ForwardingLimits
    private var connections: [ForwardingID: ForwardedConnection] = [:]
    private var past: [Destination: Traffic] = [:]
    /// Which connections come next: those that have something take turns.
    private var turns = SessionQueue<ForwardingID>()
    private var events = SessionQueue<(ForwardingID, ForwardingEvent)>()

    /// Places whose traffic is counted: more than anybody says yes to.
    static let maximumPlaces = 64

    public init(role: Role, limits: ForwardingLimits = ForwardingLimits()) {
        self.role = role
        self.limits = limits
    }

    // MARK: Opening and ending

    /// Those that take a place, over and not gone yet among them.
    public var count: Int { connections.count }

    /// Helper: whether one more can be opened.
    public var mayOpen: Bool { connections.count < limits.connections }

    /// Helper: an application has connected, and this channel was opened for it.
    public mutating func open(_ id: ForwardingID, to destination: Destination) {
        guard connections[id] == nil else { return }
        add(ForwardedConnection(role: .helper, destination: destination, limits: limits), id)
    }

    /// Sharer: the helper has opened a channel for what it was granted.
    public mutating func accept(_ id: ForwardingID, to destination: Destination) {
        guard connections[id] == nil else { return }
        if connections.count >= 2 * limits.connections {
            events.append((id, .closeChannel))
        } else if connections.values.count(where: { !$0.isOver }) >= limits.connections {
            add(ForwardedConnection(refused: .tooMany, destination, limits: limits), id)
        } else {
            add(ForwardedConnection(role: .sharer, destination: destination, limits: limits), id)
        }
    }

    /// Ends every connection with a place at once; nil: with every place. None of them is left to be told anything.
    public mutating func breakOff(_ destination: Destination? = nil) {
        for (id, connection) in connections where destination.map({ $0 == connection.destination }) ?? true {
            change(id) { $0.breakOff() }
        }
    }

    private mutating func add(_ connection: ForwardedConnection, _ id: ForwardingID) {
        if !connection.isOver, past[connection.destination] != nil || past.count < Self.maximumPlaces {
            past[connection.destination, default: Traffic()].connections += 1
        }
        connections[id] = connection
        change(id) { _ in }
    }

    // MARK: What sockets do

    /// Sharer: the place is connected.
    public mutating func connected(_ id: ForwardingID) { change(id) { $0.connected() } }
    public mutating func connectFailed(_ id: ForwardingID, _ failure: ForwardingFailure) { change(id) { $0.connectFailed(failure) } }
    public mutating func read(_ bytes: [UInt8], from id: ForwardingID) { change(id) { $0.read(bytes) } }
    /// The application's FIN.
    public mutating func readEnded(_ id: ForwardingID) { change(id) { $0.readEnded() } }
    /// The socket has taken so many bytes of what was to be written.
    public mutating func wrote(_ count: Int, to id: ForwardingID) { change(id) { $0.wrote(count) } }
    public mutating func socketBroke(_ id: ForwardingID) { change(id) { $0.socketBroke() } }
    /// There is no socket any more.
    public mutating func socketClosed(_ id: ForwardingID) { change(id) { $0.socketClosed() } }

    // MARK: What channels do

    public mutating func receive(_ bytes: [UInt8], on id: ForwardingID) { change(id) { $0.receive(bytes) } }
    public mutating func channelClosed(_ id: ForwardingID) { change(id) { $0.channelClosed() } }

    /// The channel takes nothing until `hasRoom` is told.
    public mutating func isFull(_ id: ForwardingID) { connections[id]?.isBlocked = true }

    public mutating func hasRoom(on id: ForwardingID) { change(id) { $0.isBlocked = false } }

    /// The channel did not take a message: it is the first that is given out for it again, after `hasRoom`.
    public mutating func giveBack(_ message: ForwardingMessage, on id: ForwardingID) {
        connections[id]?.giveBack(message)
        isFull(id)
    }

    // MARK: What is to be done

    /// The next message, and the channel that it is for.
    public mutating func nextTransmit() -> (ForwardingID, ForwardingMessage)? {
        while let id = turns.popFirst() {
            guard let message = connections[id]?.nextMessage() else {
                settle(id)
                continue
            }
            settle(id)
            turns.append(id)
            return (id, message)
        }
        return nil
    }

    public mutating func nextEvent() -> (ForwardingID, ForwardingEvent)? { events.popFirst() }

    /// What has gone through, by place.
    public var traffic: [Destination: Traffic] {
        var traffic = past
        for connection in connections.values where traffic[connection.destination] != nil {
            traffic[connection.destination]?.sentBytes += connection.sentBytes
            traffic[connection.destination]?.receivedBytes += connection.receivedBytes
        }
        return traffic
    }

    private mutating func change(_ id: ForwardingID, _ body: (inout ForwardedConnection) -> Void) {
        guard connections[id] != nil else { return }
        body(&connections[id]!)
        turns.appendOnce(id)
        settle(id)
    }

    /// Passes on what a connection wants done, and forgets it when nothing of it is left.
    private mutating func settle(_ id: ForwardingID) {
        for event in connections[id]?.takeEvents() ?? [] { events.append((id, event)) }
        guard let connection = connections[id], connection.isGone else { return }
        past[connection.destination]?.sentBytes += connection.sentBytes
        past[connection.destination]?.receivedBytes += connection.receivedBytes
        connections[id] = nil
    }
}
