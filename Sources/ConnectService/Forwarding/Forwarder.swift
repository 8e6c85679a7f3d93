import NIOCore
import Session

/// What forwarded connections need of the session's data channels.
protocol ForwardingChannels: AnyObject {
    /// False when the channel is full, or gone.
    func send(_ bytes: [UInt8], on channel: SideChannel) -> Bool
    func hasRoom(on channel: SideChannel) -> Bool
    func close(_ channel: SideChannel)
}

extension SessionDriver: ForwardingChannels {}

/// Joins the machine of forwarded connections with their sockets and channels, and empties it in one place.
///
/// Confined to the event loop that its sockets are on, too.
final class Forwarder {
    private(set) var machine: Forwarding
    /// The sharer's computer has connected, or could not: then why.
    var onAnswer: (Destination, ForwardingFailure?) -> Void = { _, _ in }
    private let loop: any EventLoop
    private weak var channels: (any ForwardingChannels)?
    private var lastNumber: UInt32 = 0
    private var ids: [SideChannel: ForwardingID] = [:]
    private var channelsByID: [ForwardingID: SideChannel] = [:]
    private var sockets: [ForwardingID: ForwardingSocket] = [:]
    /// Those that the sharer connects; false when nobody wants it any more.
    private var dialled: [ForwardingID: Bool] = [:]
    /// Those whose channel took nothing though it is not full: the association was, or nobody knows.
    private var refused: Set<ForwardingID> = []
    private var isDraining = false

    /// Until a channel that took nothing is tried again.
    private static let pause = TimeAmount.milliseconds(100)

    init(role: Role, limits: ForwardingLimits = ForwardingLimits(), loop: any EventLoop, channels: any ForwardingChannels) {
        machine = Forwarding(role: role, limits: limits)
        self.loop = loop
        self.channels = channels
    }

    // MARK: Opening and ending

    /// Helper: an application has connected.
    ///
    /// - Parameter open: opens a channel; nil when there can be none.
    /// - Returns: false when the application is to be sent away.
    func arrived(_ connection: any Channel, for destination: Destination, open: () -> SideChannel?) -> Bool {
        guard machine.mayOpen, let channel = open() else { return false }
        let id = number(channel)
        guard add(connection, id) else {
            ids[channel] = nil
            channelsByID[id] = nil
            channels?.close(channel)
            return false
        }
        machine.open(id, to: destination)
        drain()
        return true
    }

    /// Sharer: the helper has opened a channel for what it was granted.
    func accept(_ channel: SideChannel, for destination: Destination) {
        machine.accept(number(channel), to: destination)
        drain()
    }

    /// Ends all connections with a place at once; nil: with every place.
    func breakOff(_ destination: Destination? = nil) {
        machine.breakOff(destination)
        drain()
    }

    private func number(_ channel: SideChannel) -> ForwardingID {
        lastNumber &+= 1
        let id = ForwardingID(lastNumber)
        ids[channel] = id
        channelsByID[id] = channel
        return id
    }

    // MARK: What channels do

    func receive(_ bytes: [UInt8], on channel: SideChannel) { change(channel) { $0.receive(bytes, on: $1) } }

    func hasRoom(on channel: SideChannel) { change(channel) { $0.hasRoom(on: $1) } }

    func closed(_ channel: SideChannel) {
        guard let id = ids.removeValue(forKey: channel) else { return }
        channelsByID[id] = nil
        machine.channelClosed(id)
        drain()
    }

    private func change(_ channel: SideChannel, _ body: (inout Forwarding, ForwardingID) -> Void) {
        guard let id = ids[channel] else { return }
        body(&machine, id)
        drain()
    }

    // MARK: What sockets do

    private func add(_ connection: any Channel, _ id: ForwardingID) -> Bool {
        let socket = try? ForwardingSocket(connection) { [weak self] news in self?.handle(news, of: id) }
        sockets[id] = socket
        return socket != nil
    }

    private func handle(_ news: ForwardingSocket.News, of id: ForwardingID) {
        switch news {
        case .read(let bytes): machine.read(bytes, from: id)
        case .readEnd: machine.readEnded(id)
        case .wrote(let count): machine.wrote(count, to: id)
        case .broke: machine.socketBroke(id)
        case .closed:
            sockets[id] = nil
            machine.socketClosed(id)
        }
        drain()
    }

    private func dial(_ destination: Destination, for id: ForwardingID) {
        dialled[id] = true
        ForwardingDial.connect(to: destination, on: loop) { [weak self] result in
            guard let self else { return (try? result.get())?.close(promise: nil) ?? () }
            let isWanted = dialled.removeValue(forKey: id) ?? false
            switch result {
            case .success(let connection):
                if isWanted, add(connection, id) {
                    machine.connected(id)
                } else {
                    connection.close(promise: nil)
                    machine.connectFailed(id, .other)
                }
            case .failure(let failure): machine.connectFailed(id, failure)
            }
            drain()
        }
    }

    // MARK: Draining

    private func drain() {
        // Whoever is at it already takes along what a nested call has brought.
        guard !isDraining else { return }
        isDraining = true
        defer { isDraining = false }
        var hasMoved = true
        while hasMoved {
            while let (id, message) = machine.nextTransmit() { send(message, id) }
            hasMoved = false
            while let (id, event) = machine.nextEvent() {
                hasMoved = true
                perform(event, id)
            }
        }
    }

    private func send(_ message: ForwardingMessage, _ id: ForwardingID) {
        // A channel that is closed takes nothing, and wants nothing.
        guard let channel = channelsByID[id], let channels else { return }
        if channels.send(message.encoded(), on: channel) {
            if !channels.hasRoom(on: channel) { machine.isFull(id) }
        } else {
            machine.giveBack(message, on: id)
            tryAgainLater(id)
        }
    }

    private func tryAgainLater(_ id: ForwardingID) {
        let isFirst = refused.isEmpty
        refused.insert(id)
        guard isFirst else { return }
        loop.assumeIsolated().scheduleTask(in: Self.pause) { [weak self] in
            guard let self else { return }
            for id in refused { machine.hasRoom(on: id) }
            refused = []
            drain()
        }
    }

    private func perform(_ event: ForwardingEvent, _ id: ForwardingID) {
        switch event {
        case .connect(let destination): dial(destination, for: id)
        case .opened(let destination): onAnswer(destination, nil)
        case .failed(let destination, let failure): onAnswer(destination, failure)
        case .read: sockets[id]?.read()
        case .write(let bytes): sockets[id]?.write(bytes)
        case .writeEnd: sockets[id]?.writeEnd()
        case .finish: sockets[id]?.finish()
        case .reset:
            if dialled[id] != nil { dialled[id] = false }
            sockets[id]?.reset()
        case .closeChannel: if let channel = channelsByID[id] { channels?.close(channel) }
        }
    }
}
