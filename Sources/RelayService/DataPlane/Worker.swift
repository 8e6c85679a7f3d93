import CLinuxNet
import Glibc
import HostNetwork
import NetPrimitives
import Relay
import STUN
import TURN

/// One thread's loop: its sockets, its machine, and the way of every datagram between them.
///
/// Made on the thread that starts the data plane, then moved into its own; nothing else touches it.
struct Worker: ~Copyable {
    /// Batches taken from one socket before the others have their turn.
    private static let batchesPerTurn = 4
    /// Errors taken from one socket before the others have their turn.
    private static let errorsPerTurn = 32
    /// Messages of other threads taken before the sockets have their turn.
    private static let mailPerTurn = 256

    let index: Int
    private let epoll: EventPoll
    private let listeners: [UDPSocket]
    let mailboxes: [Mailbox<WorkerMessage>]
    private let directory: PortDirectory
    let peers: PeerStreams?
    var machine: RelayMachine<WorkerHost>
    var clients: [FiveTuple: AttachedClient] = [:]
    private let batch = ReceiveBatch()
    private var mail: ArraySlice<WorkerMessage> = []
    private var isStopping = false

    init(
        index: Int, listeners: [UDPSocket], mailboxes: [Mailbox<WorkerMessage>], directory: PortDirectory,
        addresses: LocalAddresses, configuration: DataPlaneConfiguration, nonces: NonceIssuer, peers: PeerStreams?
    ) throws(DataPlaneError) {
        let epoll = try EventPoll()
        do throws(SystemError) {
            try epoll.watch(mailboxes[index].descriptor, .mailbox)
            for (number, listener) in listeners.enumerated() { try epoll.watch(listener.descriptor, .listener(number)) }
        } catch {
            throw .system("epoll_ctl", error)
        }
        self.index = index
        self.epoll = epoll
        self.listeners = listeners
        self.mailboxes = mailboxes
        self.directory = directory
        let host = WorkerHost(
            worker: index, directory: directory, epoll: epoll, addresses: addresses, portRange: configuration.relayPorts,
            mailbox: mailboxes[index], peers: peers)
        self.peers = peers
        machine = RelayMachine(configuration: configuration.relay, nonces: nonces, host: host)
    }

    /// Serves until `.stop` arrives. No error of a socket ends it.
    mutating func run() {
        while !isStopping {
            epoll.wait(milliseconds: mail.isEmpty ? wait(at: MonotonicClock.now()) : 0) { serve($0, hasError: $1) }
            readMail()
            handleTimeout(at: MonotonicClock.now())
        }
        for client in clients.values { client.connection.close() }
    }

    // MARK: Time

    /// Milliseconds until something is due, -1 for never; rounded up, so as not to spin before it.
    private func wait(at now: Instant) -> Int32 {
        guard let deadline = Instant?.earliest(machine.nextDeadline, machine.host.nextReservationDeadline) else { return -1 }
        return Int32(clamping: max(0, (deadline - now).milliseconds + 1))
    }

    private mutating func handleTimeout(at now: Instant) {
        if let deadline = machine.host.nextReservationDeadline, deadline <= now {
            machine.host.sweepReservations(at: now)
        }
        machine.handleTimeout(at: now)
        drain(at: now)
    }

    // MARK: What is ready

    private mutating func serve(_ tag: EpollTag, hasError: Bool) {
        switch tag {
        case .mailbox: mail += mailboxes[index].takeAll()
        case .listener(let number): receiveFromClients(listeners[number])
        case .relayed(let port):
            if hasError { receiveErrors(port) }
            receiveFromPeers(port)
        }
    }

    /// What waits in a relayed socket's error queue has to be taken out, or epoll says so without end.
    private mutating func receiveErrors(_ port: RelayedPort) {
        guard let socket = machine.host[port]?.socket else { return }
        let now = MonotonicClock.now()
        for _ in 0..<Self.errorsPerTurn {
            guard let error = socket.nextError() else { return }
            guard case .icmp(let icmp, let peer) = error else { continue }
            machine.receiveICMP(icmp, about: peer, on: port, at: now)
            drain(at: now)
        }
    }

    private mutating func receiveFromClients(_ listener: UDPSocket) {
        for _ in 0..<Self.batchesPerTurn {
            let count = batch.receive(from: listener.descriptor)
            let (now, wallClock) = (MonotonicClock.now(), Int64(time(nil)))
            for number in 0..<count {
                let datagram = batch[number]
                guard let client = TransportAddress(datagram.remote) else { continue }
                let server = TransportAddress(
                    ip: datagram.local.ip ?? listener.address.ip, port: listener.address.port)
                let fiveTuple = FiveTuple(transport: .udp, client: client, server: server)
                machine.receive(datagram.payload, from: fiveTuple, at: now, wallClock: wallClock)
                drain(at: now)
            }
            if !batch.isFull(count) { return }
        }
    }

    private mutating func receiveFromPeers(_ port: RelayedPort) {
        guard let descriptor = machine.host[port]?.socket.descriptor else { return }
        for _ in 0..<Self.batchesPerTurn {
            let count = batch.receive(from: descriptor)
            let now = MonotonicClock.now()
            for number in 0..<count {
                let datagram = batch[number]
                guard let peer = TransportAddress(datagram.remote) else { continue }
                machine.receiveFromPeer(datagram.payload, from: peer, on: port, at: now)
                drain(at: now)
            }
            if !batch.isFull(count) { return }
        }
    }

    private mutating func readMail() {
        let turn = mail.prefix(Self.mailPerTurn)
        mail = mail.count == turn.count ? [] : mail.dropFirst(turn.count)
        for message in turn {
            let now = MonotonicClock.now()
            switch message {
            case .attach(let client):
                // A connection on the same five-tuple is another one: it must not find the former one's allocation.
                if let former = clients.updateValue(client, forKey: client.fiveTuple) {
                    former.connection.close()
                    machine.connectionClosed(client.fiveTuple)
                }
            case .message(let bytes, let client):
                client.taken(bytes)
                guard clients[client.fiveTuple] === client else { continue }
                machine.receive(bytes, from: client.fiveTuple, at: now, wallClock: Int64(time(nil)))
            case .detach(let client):
                guard clients[client.fiveTuple] === client else { continue }
                clients[client.fiveTuple] = nil
                machine.connectionClosed(client.fiveTuple)
            case .relayed(let bytes, let source, let destination):
                deliver(bytes, from: source, to: destination, at: now)
            case .stream(let event):
                receive(event, at: now)
            case .reconfigure(let configuration):
                machine.reconfigure(configuration)
            case .stop:
                isStopping = true
            }
            drain(at: now)
        }
    }

    // MARK: What goes out

    private mutating func drain(at now: Instant) {
        while let output = machine.nextOutput() {
            switch output {
            case .toClient(let fiveTuple, let bytes): send(bytes, to: fiveTuple)
            case .toPeer(let port, let peer, let bytes): machine.host[port]?.socket.send(bytes, to: peer)
            case .toPeerUnfragmented(let port, let peer, let bytes):
                machine.host[port]?.socket.sendUnfragmented(bytes, to: peer)
            case .toRelayed(let source, let destination, let bytes):
                deliver(bytes, from: source, to: destination, at: now)
            case .disconnect(let fiveTuple):
                clients.removeValue(forKey: fiveTuple)?.connection.close()
            case .stream(let output): perform(output)
            }
        }
    }

    private func send(_ bytes: [UInt8], to client: FiveTuple) {
        switch client.transport {
        case .tcp: clients[client]?.connection.write(bytes)
        case .udp: listener(for: client.server)?.send(bytes, to: client.client, from: client.server.ip)
        }
    }

    /// The socket that an address was asked at: its own, or the wildcard's.
    private func listener(for server: TransportAddress) -> UDPSocket? {
        listeners.first { $0.address == server }
            ?? listeners.first {
                $0.address.port == server.port && $0.address.family == server.family && $0.address.ip.isUnspecified
            }
    }

    /// Takes a datagram to a relayed port of this process, wherever it lives.
    private mutating func deliver(
        _ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress, at now: Instant
    ) {
        guard let place = directory.place(of: destination) else { return }
        if place.worker == index {
            machine.receiveFromPeer(bytes, from: source, on: place.port, at: now)
        } else {
            mailboxes[place.worker].post(.relayed(bytes, from: source, to: destination))
        }
    }
}
