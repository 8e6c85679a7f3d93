import ICE
import NetPrimitives
import STUN

/// Two peers, their homes, a STUN server and a relay on one virtual internet, and the clock that moves them.
struct VirtualInternet {
    /// What one peer's surroundings are.
    struct Home {
        /// The NATs from the host outwards; none is a host on the internet.
        var nats: [NATBehavior] = []
        /// Whether the inmost router opens a port when asked.
        var opensPort = false
        var conditions = LinkConditions()
    }

    /// What the rendezvous does, and how long things take that are no datagrams.
    private enum Step {
        case begin(Int)
        case mapping(Int)
        case allocation(Int)
        case bindingPatience(Int)
        case credentials(to: Int)
        case signal(VirtualPeer.Signal, to: Int)
    }

    static let stunAddress = TransportAddress(ip: .v4(0xC633_6401), port: 3478)  // 198.51.100.1
    static let relayIP = IPAddress.v4(0xC633_6402)  // 198.51.100.2

    private(set) var now = Instant.zero
    var network: VirtualNetwork
    private(set) var peers: [VirtualPeer] = []
    private let stunServer = VirtualSTUNServer(address: stunAddress)
    private let stunHost: VirtualNetwork.HostID
    private var relay: VirtualRelay
    private var steps = EventQueue<Step>()
    private var random: SeededGenerator
    private let opensPort: [Bool]
    private let hasRelay: Bool
    /// The peers' deadlines; asked for anew only where something has happened.
    private var deadlines: [Instant?] = [nil, nil]
    private var isTouched = [true, true]

    /// - Parameters:
    ///   - isSameHome: both hosts are behind the first home's NATs.
    ///   - sharedProvider: one more NAT, around both homes.
    init(
        _ homes: (Home, Home), roles: (Role, Role) = (.controlling, .controlled), hasRelay: Bool = true,
        isSameHome: Bool = false, sharedProvider: NATBehavior? = nil,
        configuration: Agent.Configuration = Agent.Configuration(), seed: UInt64
    ) {
        random = SeededGenerator(seed: seed)
        network = VirtualNetwork(seed: random.next())
        self.hasRelay = hasRelay
        stunHost = network.addHost(Self.stunAddress.ip, in: VirtualNetwork.internet)
        relay = VirtualRelay(
            ip: Self.relayIP, host: network.addHost(Self.relayIP, in: VirtualNetwork.internet),
            delay: .milliseconds(Int64.random(in: 5...30, using: &random)))
        opensPort = [homes.0.opensPort, homes.1.opensPort]
        let outermost =
            sharedProvider.map {
                network.addRealm(behind: $0, outerIP: .v4(0xCB00_7101))  // 203.0.113.1
            } ?? VirtualNetwork.internet
        let realm0 = Self.addRealms(homes.0.nats, of: 0, in: outermost, to: &network)
        let realm1 = isSameHome ? realm0 : Self.addRealms(homes.1.nats, of: 1, in: outermost, to: &network)
        for (index, (home, realm)) in [(homes.0, realm0), (homes.1, realm1)].enumerated() {
            let isPublic = realm == VirtualNetwork.internet
            let ip = IPAddress.v4((isPublic ? 0xCB00_71C8 : 0xC0A8_0164) + UInt32(index))
            let host = network.addHost(ip, in: realm, conditions: home.conditions)
            peers.append(
                VirtualPeer(
                    index: index, host: host,
                    address: TransportAddress(ip: ip, port: UInt16.random(in: 40_000...49_999, using: &random)),
                    role: index == 0 ? roles.0 : roles.1, stunServer: Self.stunAddress, configuration: configuration,
                    random: &random))
        }
        scheduleBeginning()
    }

    private static func addRealms(
        _ nats: [NATBehavior], of index: Int, in outermost: VirtualNetwork.RealmID, to network: inout VirtualNetwork
    ) -> VirtualNetwork.RealmID {
        var realm = outermost
        for (depth, nat) in nats.reversed().enumerated() {
            // 203.0.113.10 and .11 outside; 100.64.x.y between two NATs.
            let base: UInt32 =
                depth == 0 && outermost == VirtualNetwork.internet ? 0xCB00_710A : 0x6440_0001 + UInt32(depth) << 8
            realm = network.addRealm(behind: nat, outerIP: .v4(base + UInt32(index)), in: realm)
        }
        return realm
    }

    private mutating func scheduleBeginning() {
        for index in peers.indices {
            // The peers do not begin at once, and what is slow in life is slow here.
            let begin = Instant.zero + .milliseconds(Int64.random(in: 0...80, using: &random))
            steps.schedule(.begin(index), at: begin)
            steps.schedule(.mapping(index), at: begin + .milliseconds(Int64.random(in: 0...150, using: &random)))
            steps.schedule(.allocation(index), at: begin + .milliseconds(Int64.random(in: 30...150, using: &random)))
            steps.schedule(.bindingPatience(index), at: begin + VirtualPeer.bindingPatience)
            // The router is asked before the peers meet: a NAT that has translated for a peer once goes on so.
            steps.schedule(
                .credentials(to: index), at: begin + .milliseconds(Int64.random(in: 150...250, using: &random)))
        }
    }

    // MARK: Time

    /// Moves on until `isDone` or the time is over; false in the latter case.
    @discardableResult
    mutating func run(for duration: Duration, until isDone: (VirtualInternet) -> Bool = { _ in false }) -> Bool {
        let end = now + duration
        drain()
        while !isDone(self) {
            let next = Instant?.earliest(
                network.nextDeliveryAt, relay.nextDeadline, steps.nextAt, deadlines[0], deadlines[1])
            guard let next, next <= end else {
                now = end
                return isDone(self)
            }
            now = max(now, next)
            perform()
            drain()
        }
        return true
    }

    private mutating func perform() {
        while let step = steps.popDue(at: now) { perform(step) }
        while let output = relay.nextOutput(at: now) {
            switch output {
            case .toInternet(let datagram):
                if datagram.destination.ip == relay.ip {
                    relay.receive(datagram, at: now)
                } else {
                    network.send(datagram, from: relay.host, at: now)
                }
            case .toOwner(let index, let datagram): receive(datagram, at: index)
            }
        }
        while let delivery = network.nextDelivery(at: now) { deliver(delivery) }
        for index in peers.indices where deadlines[index].map({ $0 <= now }) ?? false {
            peers[index].handleTimeout(at: now)
            isTouched[index] = true
        }
    }

    private mutating func deliver(_ delivery: VirtualNetwork.Delivery) {
        if delivery.host == stunHost {
            if let answer = stunServer.answer(delivery.datagram) { network.send(answer, from: stunHost, at: now) }
        } else if delivery.host == relay.host {
            relay.receive(delivery.datagram, at: now)
        } else if let index = peers.firstIndex(where: { $0.host == delivery.host }) {
            // One socket a host: what comes to another port meets nobody.
            guard delivery.datagram.destination == peers[index].address else { return }
            receive(delivery.datagram, at: index)
        }
    }

    private mutating func receive(_ datagram: VirtualDatagram, at index: Int) {
        peers[index].receive(datagram, at: now)
        isTouched[index] = true
    }

    private mutating func perform(_ step: Step) {
        isTouched = [true, true]
        switch step {
        case .begin(let index):
            peers[index].beginGathering(random: &random, at: now)
        case .mapping(let index):
            let mapped =
                opensPort[index] ? network.openPort(for: peers[index].address, of: peers[index].host) : nil
            peers[index].gathered(mapped: mapped, at: now)
        case .allocation(let index):
            peers[index].gathered(relayed: hasRelay ? relay.allocate(for: index) : nil, at: now)
        case .bindingPatience(let index):
            peers[index].giveUpBinding(at: now)
        case .credentials(let index):
            peers[index].agent.setRemoteCredentials(peers[1 - index].agent.localCredentials, at: now)
        case .signal(.candidate(let line), let index):
            if let candidate = try? Candidate(sdp: line) { peers[index].agent.addRemoteCandidate(candidate, at: now) }
        case .signal(.endOfCandidates, let index):
            peers[index].agent.endOfRemoteCandidates(at: now)
        }
    }

    /// Sends what the peers want sent, signals what they have gathered, notes what they say.
    private mutating func drain() {
        for index in peers.indices where isTouched[index] {
            for signal in peers[index].signals {
                steps.schedule(
                    .signal(signal, to: 1 - index), at: now + .milliseconds(Int64.random(in: 20...60, using: &random)))
            }
            peers[index].signals = []
            while let datagram = peers[index].nextTransmit() { send(datagram, from: index) }
            while let event = peers[index].agent.nextEvent() { peers[index].events.append((now, event)) }
            deadlines[index] = peers[index].nextDeadline
            isTouched[index] = false
        }
    }

    private mutating func send(_ datagram: VirtualDatagram, from index: Int) {
        if datagram.source == peers[index].relayed {
            relay.permit(datagram.destination.ip, at: datagram.source)
            relay.sendFromOwner(datagram, at: now)
        } else {
            network.send(datagram, from: peers[index].host, at: now)
        }
    }

    /// Forgets what was said so far.
    mutating func forgetEvents() {
        for index in peers.indices { peers[index].events = [] }
    }

    // MARK: The layers above

    /// Sends data on the selected pair.
    mutating func sendData(_ payload: [UInt8], from index: Int) {
        guard let pair = peers[index].agent.selectedPair else { return }
        send(VirtualDatagram(source: pair.source, destination: pair.destination, payload: payload), from: index)
    }
}
