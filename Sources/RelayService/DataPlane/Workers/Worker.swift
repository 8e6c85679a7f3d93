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
    /// Datagrams taken from one socket before the others have their turn; a last batch may exceed it.
    static let datagramsPerTurn = 256
    /// Messages asked for first in a turn, and while they hold many datagrams each.
    static let firstBatch = 16
    /// Errors taken from one socket before the others have their turn.
    private static let errorsPerTurn = 32
    /// Requests after which the answers are sent although the turn goes on. Each takes as long as some ten packets: who has
    /// asked goes on meanwhile.
    private static let requestsPerFlush = 8
    /// Messages of other threads taken before the sockets have their turn.
    private static let mailPerTurn = 256

    let index: Int
    private let epoll: EventPoll
    private let listeners: [UDPSocket]
    let mailboxes: [Mailbox<WorkerMessage>]
    let directory: PortDirectory
    let peers: PeerStreams?
    var machine: RelayMachine<WorkerHost>
    var clients = StreamClients()
    var moving = MovingClients()
    /// nil: there is no DTLS.
    var secureClients: SecureClients?
    /// The listeners' sockets, by the listener's index.
    private let doors: [Forwarder.Listener]
    var forwarder: Forwarder
    private var ready = ReadyList()
    private var mail: ArraySlice<WorkerMessage> = []
    /// Whose streams were written to in this turn; one may be there more than once.
    var unflushed: [AttachedClient] = []
    private var isStopping = false
    private var allocationsMade = Tally<ClientTransport>()
    private var requestDurations = DurationHistogram()
    /// Requests whose answers are not sent yet.
    private var unsentAnswers = 0

    init(
        index: Int, listeners: [UDPSocket], mailboxes: [Mailbox<WorkerMessage>], directory: PortDirectory,
        addresses: LocalAddresses, configuration: DataPlaneConfiguration, nonces: NonceIssuer, tickets: MobilityTickets,
        peers: PeerStreams?, secureClients: SecureClients? = nil
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
        machine = RelayMachine(configuration: configuration.relay, nonces: nonces, tickets: tickets, host: host)
        doors = listeners.map {
            Forwarder.Listener(
                descriptor: $0.descriptor, address: PackedAddress($0.address), isWildcard: $0.address.ip.isUnspecified)
        }
        var random = SystemRandomNumberGenerator()
        forwarder = Forwarder(traffic: machine.traffic, using: &random)
    }

    /// Serves until `.stop` arrives. No error of a socket ends it.
    mutating func run() {
        var now = MonotonicClock.now()
        while !isStopping {
            ready.wait(for: epoll.descriptor, milliseconds: mail.isEmpty ? wait(at: now) : 0)
            for index in 0..<ready.count { serve(ready[index].tag, hasError: ready[index].hasError) }
            now = MonotonicClock.now()
            readMail(at: now)
            handleTimeout(at: now)
            finishTurn(at: now)
        }
        for client in clients.all { client.connection.close() }
        // Whoever asked for a report waits for it.
        for case .report(let reply) in mail + mailboxes[index].closeAndTakeAll() { reply(nil) }
        endSecured(at: MonotonicClock.now())
    }

    // MARK: Time

    /// Milliseconds until something is due, -1 for never; rounded up, so as not to spin before it.
    private func wait(at now: Instant) -> Int32 {
        // The earliest, written out: a list of them would be an array for every turn.
        var deadline = machine.nextDeadline
        if let next = machine.host.nextReservationDeadline, next < deadline ?? next + .nanoseconds(1) { deadline = next }
        if let next = secureClients?.nextDeadline, next < deadline ?? next + .nanoseconds(1) { deadline = next }
        guard let deadline else { return -1 }
        return Int32(clamping: max(0, (deadline - now).milliseconds + 1))
    }

    private mutating func handleTimeout(at now: Instant) {
        if let deadline = machine.host.nextReservationDeadline, deadline <= now {
            machine.host.sweepReservations(at: now)
        }
        handleSecuredTimeout(at: now)
        guard let deadline = machine.nextDeadline, deadline <= now else { return }
        machine.handleTimeout(at: now)
        drain(at: now)
        forwarder.table.removeExpired(at: now.nanoseconds)
    }

    // MARK: What is ready

    mutating func serve(_ tag: EpollTag?, hasError: Bool = false) {
        switch tag {
        case .mailbox: mail += mailboxes[index].takeAll()
        case .listener(let number): receiveFromClients(number)
        case .relayed(let port):
            if hasError { receiveErrors(port) }
            receiveFromPeers(port)
        case nil: break
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

    /// Sends what all that was ready has brought. Nothing waits for what might still come.
    mutating func finishTurn(at now: Instant) {
        recycle(at: now)
        flushStreams()
    }

    /// Sends what was received and forgets it.
    private mutating func recycle(at now: Instant) {
        writeForwarded()
        forwarder.recycle(at: now.nanoseconds)
        unsentAnswers = 0
    }

    private mutating func receive(from descriptor: Int32, limit: Int, at now: Instant) -> Int {
        if !forwarder.hasRoom(for: limit) { recycle(at: now) }
        return forwarder.receive(from: descriptor, limit: limit)
    }

    private mutating func receiveFromClients(_ number: Int) {
        let listener = doors[number]
        var (datagrams, limit) = (0, Self.firstBatch)
        repeat {
            let now = MonotonicClock.now()
            let messages = receive(from: listener.descriptor, limit: limit, at: now)
            while let datagram = forwarder.forwardFromClients(listener, at: now.nanoseconds, &datagrams) {
                take(datagram, fromClientAt: now)
            }
            if messages < limit { return }
            limit = Self.nextBatch(messages, datagrams)
        } while datagrams < Self.datagramsPerTurn
    }

    private mutating func receiveFromPeers(_ port: RelayedPort) {
        var (datagrams, limit) = (0, Self.firstBatch)
        repeat {
            // Asked for each time: the machine may have closed it.
            let descriptor = machine.host.descriptor(of: port)
            guard descriptor >= 0 else { return }
            let now = MonotonicClock.now()
            let messages = receive(from: descriptor, limit: limit, at: now)
            while let datagram = forwarder.forwardFromPeers(
                UInt32(truncatingIfNeeded: port.rawValue), at: now.nanoseconds, &datagrams)
            {
                take(datagram, fromPeerOn: port, at: now)
            }
            if messages < limit { return }
            limit = Self.nextBatch(messages, datagrams)
        } while datagrams < Self.datagramsPerTurn
    }

    /// Messages to ask for after the first ones: where each holds many datagrams, a turn's share is soon reached.
    private static func nextBatch(_ messages: Int, _ datagrams: Int) -> Int {
        datagrams >= 4 * messages ? firstBatch : ReceiveRing.batchSize
    }

    // MARK: What the machine has to see

    private mutating func take(_ datagram: Forwarder.Datagram, fromClientAt now: Instant) {
        guard let client = TransportAddress(datagram.remote), let server = TransportAddress(datagram.local) else { return }
        let fiveTuple = FiveTuple(transport: .udp, client: client, server: server)
        let bytes = Array(datagram.bytes)
        if receiveSecured(bytes, from: fiveTuple, at: now) { return }
        receive(bytes, from: fiveTuple, at: now, wallClock: Int64(time(nil)))
    }

    private mutating func take(_ datagram: Forwarder.Datagram, fromPeerOn port: RelayedPort, at now: Instant) {
        guard let peer = TransportAddress(datagram.remote) else { return }
        machine.receiveFromPeer(Array(datagram.bytes), from: peer, on: port, at: now)
        drain(at: now)
    }

    /// Does to the table what the machine says; before anything more is forwarded.
    private mutating func updateForwarding() {
        while let change = machine.nextForwardingChange() {
            switch change {
            case .set(var route):
                guard let server = TransportAddress(route.server) else { continue }
                route.peerDescriptor = machine.host.descriptor(of: RelayedPort(rawValue: Int(route.port)))
                if route.client.isStreamClient {
                    guard let number = streamNumber(of: route, server) else {
                        forwarder.table.remove(client: route.client, server: route.server, channel: route.channel)
                        continue
                    }
                    route.clientStream = number
                } else {
                    guard let number = door(for: server) else { continue }
                    route.clientDescriptor = doors[number].descriptor
                    route.namesSource = doors[number].isWildcard
                }
                forwarder.table.set(route)
            case .remove(let client, let channel):
                forwarder.table.remove(
                    client: PackedAddress(clientOf: client), server: PackedAddress(client.server), channel: channel.rawValue)
            }
        }
    }

    /// Takes one message of a client's, and counts what it asked.
    mutating func receive(_ bytes: [UInt8], from client: FiveTuple, at now: Instant, wallClock: Int64) {
        if passOn(bytes, from: client) { return }
        let (requests, made) = (machine.counters.requests.total, machine.counters.allocationsMade)
        machine.receive(bytes, from: client, at: now, wallClock: wallClock)
        drain(at: now)
        guard machine.counters.requests.total != requests else { return }
        requestDurations.record(MonotonicClock.now() - now)
        allocationsMade.count(transport(of: client), machine.counters.allocationsMade &- made)
        unsentAnswers += 1
        if unsentAnswers == Self.requestsPerFlush { sendAnswers(at: now) }
    }

    private mutating func sendAnswers(at now: Instant) {
        forwarder.batch.flush(at: now.nanoseconds)
        unsentAnswers = 0
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
            cpuSeconds: ra_thread_cpu_seconds())
        report.counters.dropped.count(.queueFull, mailboxes[index].refusedCount)
        report.counters.add(forwarder)
        machine.forEachAllocation(at: now) { report.allocations.count(transport(of: $0), $1) }
        return report
    }

    private mutating func readMail(at now: Instant) {
        guard !mail.isEmpty else { return }
        writeForwarded()
        // What a client's last reading brought may exceed it.
        var left = Self.mailPerTurn
        while left > 0, let message = mail.popFirst() {
            left -= message.weight
            switch message {
            case .attach(let client):
                // A connection on the same five-tuple is another one: it must not find the former one's allocation.
                clients.add(client)?.connection.close()
                leave(client.fiveTuple)
                machine.connectionOpened(client.fiveTuple)
            case .messages(let messages, let client):
                client.taken(messages)
                let wallClock = Int64(time(nil))
                // Asked for each: a message may be its connection's last.
                for bytes in messages where clients[client.fiveTuple] === client {
                    receive(bytes, from: client.fiveTuple, at: now, wallClock: wallClock)
                }
            case .detach(let client):
                guard clients[client.fiveTuple] === client else { continue }
                clients.remove(client.fiveTuple)
                leave(client.fiveTuple)
                machine.connectionClosed(client.fiveTuple)
            case .relayed(let bytes, let source, let destination):
                deliver(bytes, from: source, to: destination, at: now)
            case .send(let bytes, let client):
                send(bytes, to: client, at: now)
            case .stream(let event):
                receive(event, at: now)
            case .mobility(let message):
                receive(message, at: now)
            case .reconfigure(let configuration):
                machine.reconfigure(configuration, at: now)
            case .report(let reply):
                reply(report(at: now))
            case .stop:
                isStopping = true
            }
            drain(at: now)
        }
        if mail.isEmpty { mail = [] }
    }

    // MARK: What goes out

    mutating func drain(at now: Instant) {
        if machine.host.hasRetired {
            // What left through them goes out before they close, and what says that they are closed after.
            forwarder.batch.flush(at: now.nanoseconds)
            machine.host.closeRetired()
        }
        while let output = machine.nextOutput() {
            switch output {
            case .toClient(let fiveTuple, let bytes): send(bytes, to: fiveTuple, at: now)
            case .toPeer(let port, let peer, let bytes):
                let descriptor = machine.host.descriptor(of: port)
                guard descriptor >= 0 else { continue }
                queue(bytes, Outlet(destination: PackedAddress(peer), source: .none, descriptor: descriptor), at: now)
            case .toPeerUnfragmented(let port, let peer, let bytes):
                // The socket's own setting is changed for it: nothing else may be sent by that.
                forwarder.batch.flush(at: now.nanoseconds)
                let isSent = machine.host[port]?.socket.sendUnfragmented(bytes, to: peer)
                if isSent == false { machine.counters.dropped.count(.sendFailed) }
            case .toRelayed(let source, let destination, let bytes):
                deliver(bytes, from: source, to: destination, at: now)
            case .disconnect(let fiveTuple):
                writeForwarded()
                clients.remove(fiveTuple)?.connection.close()
            case .stream(let output): perform(output, at: now)
            case .mobility(let output): perform(output)
            }
        }
        handOverMoved(at: now)
        updateForwarding()
    }

    mutating func send(_ bytes: [UInt8], to client: FiveTuple, at now: Instant) {
        if let worker = moving.worker(of: client) {
            mailboxes[worker].post(.mobility(.answer(bytes, to: client)))
            return
        }
        switch client.transport {
        case .tcp:
            guard let attached = clients[client] else { return }
            writeForwarded()
            guard attached.connection.write(bytes) else { return machine.counters.dropped.count(.slowClient) }
            noteUnflushed(attached)
        case .udp where client.isSecured: sendSecured(bytes, to: client, at: now)
        case .udp:
            guard let number = door(for: client.server) else { return }
            let source = doors[number].isWildcard ? PackedAddress(client.server) : .none
            let outlet = Outlet(
                destination: PackedAddress(client.client), source: source, descriptor: doors[number].descriptor)
            queue(bytes, outlet, at: now)
        }
    }

    /// Puts a copy behind what is already on its way there.
    private mutating func queue(_ bytes: [UInt8], _ outlet: Outlet, at now: Instant) {
        bytes.withUnsafeBytes { forwarder.batch.add(copy: $0, to: outlet, at: now.nanoseconds) }
    }

    /// The listener that an address was asked at: its own, or the wildcard's.
    private func door(for server: TransportAddress) -> Int? {
        listeners.firstIndex { $0.address == server }
            ?? listeners.firstIndex {
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
