import NetPrimitives
import Relay
import TURN

/// A worker's side of its machine: relayed sockets in the worker's epoll, and what all workers share.
struct WorkerHost: RelayHost, Sendable {
    /// A relayed socket's buffers: a burst of a video key frame fits.
    private static let bufferSize: Int32 = 1 << 20
    /// System calls that may fail before a port is given up: others on the host use the range as well.
    static let maximumBindFailures = 256
    /// Even ports whose upper neighbour is taken before a pair is given up.
    private static let maximumPairAttempts = 64

    let worker: Int
    let directory: PortDirectory
    let mailbox: Mailbox<WorkerMessage>
    /// nil: no TCP allocations.
    let peers: PeerStreams?
    var peerListeners: [RelayedPort: PeerListener] = [:]
    let addresses: LocalAddresses
    let portRange: ClosedRange<UInt16>
    private let epoll: EventPoll
    private var ports: [HeldPort?] = []
    /// By port; -1 where none is open.
    private var descriptors: [Int32] = []
    private var free: [Int] = []
    /// Closed by the machine, while datagrams that leave through them may still wait to be sent.
    private var retired: [HeldPort] = []
    /// When a reservation that this worker made ends.
    private(set) var nextReservationDeadline: Instant?

    init(
        worker: Int, directory: PortDirectory, epoll: EventPoll, addresses: LocalAddresses, portRange: ClosedRange<UInt16>,
        mailbox: Mailbox<WorkerMessage>, peers: PeerStreams?
    ) {
        self.mailbox = mailbox
        self.worker = worker
        self.directory = directory
        self.epoll = epoll
        self.addresses = addresses
        self.portRange = portRange
        self.peers = peers
    }

    /// The socket of a port that is open.
    subscript(port: RelayedPort) -> HeldPort? { ports.indices.contains(port.rawValue) ? ports[port.rawValue] : nil }

    /// The socket of a port, -1 when it is not open.
    func descriptor(of port: RelayedPort) -> Int32 {
        port.rawValue < descriptors.count ? descriptors[port.rawValue] : -1
    }

    /// Whether ports wait to be closed. Until they are, nobody else gets their numbers.
    var hasRetired: Bool { !retired.isEmpty }

    /// Closes what the machine has closed, once what left through it is sent.
    mutating func closeRetired() {
        for held in retired { directory.release(held.shown) }
        retired = []
    }

    // MARK: RelayHost

    mutating func open(
        _ request: PortRequest, for client: FiveTuple, chargedTo holder: QuotaHolder, at now: Instant
    ) throws(PortError) -> OpenedPort {
        if let nextReservationDeadline, nextReservationDeadline <= now { sweepReservations(at: now) }
        switch request {
        case .any(let family):
            return try adopt(find(family, for: client) { _ in true })
        case .even(let family, reservesNext: false):
            return try adopt(find(family, for: client) { $0.isMultiple(of: 2) })
        case .even(let family, reservesNext: true):
            return try openPair(family, for: client, chargedTo: holder, at: now)
        case .reserved(let token):
            guard let held = directory.claimReservation(token, for: holder, at: now) else { throw .insufficientCapacity }
            do { return try adopt(held) } catch {
                directory.releaseQuota(for: holder)
                throw error
            }
        }
    }

    mutating func close(_ port: RelayedPort) {
        if peerListeners.removeValue(forKey: port) != nil { return free.append(port.rawValue) }
        guard let held = self[port] else { return }
        directory.deactivate(held.shown)
        retired.append(held)
        ports[port.rawValue] = nil
        descriptors[port.rawValue] = -1
        free.append(port.rawValue)
    }

    /// Takes out an open port, for another worker; its number is free.
    mutating func take(_ port: RelayedPort) -> HeldPort? {
        guard let held = self[port] else { return nil }
        epoll.unwatch(held.socket.descriptor)
        ports[port.rawValue] = nil
        descriptors[port.rawValue] = -1
        free.append(port.rawValue)
        return held
    }

    func setHome(of id: MobileID, _ relayed: [TransportAddress]) { directory.setHome(of: id, relayed) }
    func home(of id: MobileID) -> RelayedHome? {
        directory.place(of: id).map { place in
            // What is on its way to this worker is in its mailbox: it has to be read first, as for another's.
            place.worker == worker && place.port != .none ? .here(place.port) : .elsewhere
        }
    }

    func isRelayed(_ address: TransportAddress) -> Bool { directory.place(of: address) != nil }
    func takeQuota(for holder: QuotaHolder) -> QuotaLedger.Verdict { directory.takeQuota(for: holder) }
    func releaseQuota(for holder: QuotaHolder) { directory.releaseQuota(for: holder) }
    func admitsNewPeers(_ count: Int, of holder: QuotaHolder, at now: Instant) -> Bool {
        directory.admitsNewPeers(count, of: holder, at: now)
    }
    func admitsUnproven(_ source: IPAddress, at now: Instant) -> Bool { directory.admitsUnproven(source, at: now) }

    var totalTraffic: TrafficBudget { directory.totalTraffic }
    func takeTraffic(of user: String, at now: Instant) -> TrafficBudget { directory.takeTraffic(of: user, at: now) }
    func releaseTraffic(of user: String) { directory.releaseTraffic(of: user) }
    func forgiveTraffic(at now: Instant) {
        directory.forgiveTraffic(at: now)
        for listener in peerListeners.values { listener.traffic.forgive(at: now) }
    }

    /// Closes the ports that nobody came for.
    mutating func sweepReservations(at now: Instant) {
        nextReservationDeadline = directory.sweepReservations(at: now)
    }

    /// A port's number without a datagram socket; `close` takes it back when it has a peer listener.
    mutating func takeNumber() -> RelayedPort {
        let index = free.popLast() ?? ports.count
        if index == ports.count {
            ports.append(nil)
            descriptors.append(-1)
        }
        return RelayedPort(rawValue: index)
    }

    mutating func giveBackNumber(_ port: RelayedPort) { free.append(port.rawValue) }

    // MARK: Opening

    /// Two neighbouring ports, the upper one held for later; when no pair is free, 508.
    private mutating func openPair(
        _ family: IPAddress.Family, for client: FiveTuple, chargedTo holder: QuotaHolder, at now: Instant
    ) throws(PortError) -> OpenedPort {
        guard let choice = addresses.choice(family, for: client) else { throw .familyNotSupported }
        for _ in 0..<Self.maximumPairAttempts {
            let even = try find(family, for: client) { $0.isMultiple(of: 2) && $0 < portRange.upperBound }
            guard let odd = open(even.shown.port + 1, choice) else {
                directory.release(even.shown)
                continue
            }
            var opened: OpenedPort
            do { opened = try adopt(even) } catch {
                directory.release(odd.shown)
                throw error
            }
            opened.reservation = directory.reserve(odd, chargedTo: holder, at: now)
            if opened.reservation == nil { directory.release(odd.shown) }
            nextReservationDeadline = .earliest(nextReservationDeadline, now + PortDirectory.reservationLifetime)
            return opened
        }
        throw .insufficientCapacity
    }

    /// Opens a port that `isWanted`: the range is walked from a random place (RFC 6056 §3.3.1).
    private func find(
        _ family: IPAddress.Family, for client: FiveTuple, _ isWanted: (UInt16) -> Bool
    ) throws(PortError) -> HeldPort {
        guard let choice = addresses.choice(family, for: client) else { throw .familyNotSupported }
        let start = Int.random(in: 0..<portRange.count)
        var failures = 0
        for offset in 0..<portRange.count where failures < Self.maximumBindFailures {
            let port = portRange.lowerBound + UInt16((start + offset) % portRange.count)
            guard isWanted(port), directory.claim(TransportAddress(ip: choice.shown, port: port)) else { continue }
            if let held = openClaimed(port, choice) { return held }
            failures += 1
        }
        throw .insufficientCapacity
    }

    private func open(_ port: UInt16, _ choice: LocalAddresses.Choice) -> HeldPort? {
        directory.claim(TransportAddress(ip: choice.shown, port: port)) ? openClaimed(port, choice) : nil
    }

    /// Opens a port that the directory has marked for us, or gives it back.
    private func openClaimed(_ port: UInt16, _ choice: LocalAddresses.Choice) -> HeldPort? {
        let shown = TransportAddress(ip: choice.shown, port: port)
        for ip in choice.bind {
            let address = TransportAddress(ip: ip, port: port)
            if let socket = try? UDPSocket(bind: address, reportsErrors: true, bufferSize: Self.bufferSize) {
                return HeldPort(socket: socket, shown: shown)
            }
        }
        directory.release(shown)
        return nil
    }

    /// Makes an open socket one of this worker's live ports.
    mutating func adopt(_ held: HeldPort) throws(PortError) -> OpenedPort {
        let index = free.popLast() ?? ports.count
        let port = RelayedPort(rawValue: index)
        do { try epoll.watch(held.socket.descriptor, .relayed(port)) } catch {
            free.append(index)
            if index == ports.count {
                ports.append(nil)
                descriptors.append(-1)
            }
            directory.release(held.shown)
            throw .insufficientCapacity
        }
        if index == ports.count {
            ports.append(held)
            descriptors.append(held.socket.descriptor)
        } else {
            ports[index] = held
            descriptors[index] = held.socket.descriptor
        }
        directory.activate(held.shown, at: PortDirectory.Place(worker: worker, port: port))
        return OpenedPort(port: port, address: held.shown)
    }
}
