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
    let directory: PortDirectory
    let peers: PeerStreams?
    var machine: RelayMachine<WorkerHost>
    var clients: [FiveTuple: AttachedClient] = [:]
    /// nil: there is no DTLS.
    var secureClients: SecureClients?
    private let batch = ReceiveBatch()
    private var mail: ArraySlice<WorkerMessage> = []
    private var isStopping = false
    private var allocationsMade = Tally<ClientTransport>()
    private var requestDurations = DurationHistogram()

    init(
        index: Int, listeners: [UDPSocket], mailboxes: [Mailbox<WorkerMessage>], directory: PortDirectory,
        addresses: LocalAddresses, configuration: DataPlaneConfiguration, nonces: NonceIssuer, peers: PeerStreams?, secureClients: SecureClients?
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
        self.secureClients = secureClients
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
        // Whoever asked for a report waits for it.
        for case .report(let reply) in mail + mailboxes[index].closeAndTakeAll() { reply(nil) }
        endSecured(at: MonotonicClock.now())
    }

    // MARK: Time

    /// Milliseconds until something is due, -1 for never; rounded up, so as not to spin before it.
    private func wait(at now: Instant) -> Int32 {
        guard
            let deadline = Instant?.earliest(
                machine.nextDeadline, machine.host.nextReservationDeadline, secureClients?.nextDeadline)
        else { return -1 }
        return Int32(clamping: max(0, (deadline - now).milliseconds + 1))
    }

    private mutating func handleTimeout(at now: Instant) {
        if let deadline = machine.host.nextReservationDeadline, deadline <= now {
            machine.host.sweepReservations(at: now)
        }
        handleSecuredTimeout(at: now)
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
                if receiveSecured(datagram.payload, from: fiveTuple, at: now) { continue }
                receive(datagram.payload, from: fiveTuple, at: now, wallClock: wallClock)
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

    /// Takes one message of a client's, and counts what it asked.
    mutating func receive(_ bytes: [UInt8], from client: FiveTuple, at now: Instant, wallClock: Int64) {
        let (requests, made) = (machine.counters.requests.total, machine.counters.allocationsMade)
        machine.receive(bytes, from: client, at: now, wallClock: wallClock)
        drain(at: now)
        guard machine.counters.requests.total != requests else { return }
        requestDurations.record(MonotonicClock.now() - now)
        allocationsMade.count(transport(of: client), machine.counters.allocationsMade &- made)
    }

    private func transport(of client: FiveTuple) -> ClientTransport {
        switch client.transport {
        case .tcp: clients[client]?.connection.isEncrypted == true ? .tls : .tcp
        case .udp: client.isSecured ? .dtls : .udp
        }
    }

    private func report(at now: Instant) -> WorkerReport {
        var report = WorkerReport(
            counters: machine.counters, allocationsMade: allocationsMade, requestDurations: requestDurations,
            cpuSeconds: WorkerReport.threadCPUSeconds())
        report.counters.dropped.count(.queueFull, mailboxes[index].refusedCount)
        machine.forEachAllocation(at: now) { report.allocations.count(transport(of: $0), $1) }
        return report
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
                receive(bytes, from: client.fiveTuple, at: now, wallClock: Int64(time(nil)))
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
            case .report(let reply):
                reply(report(at: now))
            case .stop:
                isStopping = true
            }
            drain(at: now)
        }
    }

    // MARK: What goes out

    mutating func drain(at now: Instant) {
        while let output = machine.nextOutput() {
            switch output {
            case .toClient(let fiveTuple, let bytes): send(bytes, to: fiveTuple, at: now)
            case .toPeer(let port, let peer, let bytes):
                if machine.host[port]?.socket.send(bytes, to: peer) == false { machine.counters.dropped.count(.sendFailed) }
            case .toPeerUnfragmented(let port, let peer, let bytes):
                let isSent = machine.host[port]?.socket.sendUnfragmented(bytes, to: peer)
                if isSent == false { machine.counters.dropped.count(.sendFailed) }
            case .toRelayed(let source, let destination, let bytes):
                deliver(bytes, from: source, to: destination, at: now)
            case .disconnect(let fiveTuple):
                clients.removeValue(forKey: fiveTuple)?.connection.close()
            case .stream(let output): perform(output)
            }
        }
    }

    mutating func send(_ bytes: [UInt8], to client: FiveTuple, at now: Instant) {
        switch client.transport {
        case .tcp:
            if clients[client]?.connection.write(bytes) == false { machine.counters.dropped.count(.slowClient) }
        case .udp where client.isSecured: sendSecured(bytes, to: client, at: now)
        case .udp:
            let isSent = listener(for: client.server)?.send(bytes, to: client.client, from: client.server.ip)
            if isSent == false { machine.counters.dropped.count(.sendFailed) }
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
