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
        case signal(RestartingAgent.Signal, to: Int)
        case rejoin(Int)
        /// Nobody knows whether the peer has it: it is said again on the path.
        case resend(RestartingAgent.Signal, number: UInt16, to: Int)
    }

    /// Which way signals take.
    enum Signalling {
        case rendezvous
        /// The relay is gone: what is left is the path itself, with a transport above it that sends again what was lost.
        case pathOnly
    }

    var signalling = Signalling.rendezvous
    /// Whose connection to the rendezvous is dead: what they say by it is lost, and what is said to them.
    private var isAway = [false, false]
    private var heard: Set<UInt16> = []
    private var lastSignal: UInt16 = 0


    static let stunAddress = TransportAddress(ip: .v4(0xC633_6401), port: 3478)  // 198.51.100.1
    static let relayIP = IPAddress.v4(0xC633_6402)  // 198.51.100.2

    /// As `ra-connect` has it.
    static var configuration: Agent.Configuration {
        var configuration = Agent.Configuration()
        configuration.consent = .watchful
        configuration.consent.abandonment = .seconds(120)
        return configuration
    }

    private(set) var now = Instant.zero
    var network: VirtualNetwork
    private(set) var peers: [VirtualPeer] = []
    private let stunServer = VirtualSTUNServer(address: stunAddress)
    private let stunHost: VirtualNetwork.HostID
    private var relay: VirtualRelay
    private var steps = EventQueue<Step>()
    private var random: SeededGenerator
    private var opensPort: [Bool]
    private let hasRelay: Bool
    /// The peers' deadlines; asked for anew only where something has happened.
    private var deadlines: [Instant?] = [nil, nil]
    private var isTouched = [true, true]
    private var isStopped = [false, false]

    /// - Parameters:
    ///   - isSameHome: both hosts are behind the first home's NATs.
    ///   - sharedProvider: one more NAT, around both homes.
    init(
        _ homes: (Home, Home), roles: (Role, Role) = (.controlling, .controlled), hasRelay: Bool = true,
        isSameHome: Bool = false, sharedProvider: NATBehavior? = nil,
        configuration: Agent.Configuration = Self.configuration, seed: UInt64
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
            case .toOwner(let index, let datagram):
                if network.isConnected(peers[index].host) { receive(datagram, at: index) }
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
        guard let last = peers[index].received.last, last.first == Self.signalMark, last.count == 3 else { return }
        peers[index].received.removeLast()
        let number = UInt16(last[1]) << 8 | UInt16(last[2])
        if heard.insert(number).inserted, let signal = waiting.removeValue(forKey: number) { receive(signal, at: index) }
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
            peers[index].loseBindingPatience(at: now)
        case .credentials(let index):
            peers[index].agent.setRemoteCredentials(peers[1 - index].agent.active.localCredentials, at: now)
        case .signal(let signal, let index):
            if !isAway[index] { receive(signal, at: index) }
        case .rejoin(let index):
            rejoin(index)
        case .resend(let signal, let number, let index):
            guard !heard.contains(number) else { return }
            // What arrives is looked up by its number: the path carries it, and that is what counts here.
            waiting[number] = signal
            sendData([Self.signalMark, UInt8(number >> 8), UInt8(number & 0xFF)], from: 1 - index)
            steps.schedule(.resend(signal, number: number, to: index), at: now + .milliseconds(300))
        }
    }

    /// Sends what the peers want sent, signals what they have gathered, notes what they say.
    private mutating func drain() {
        for index in peers.indices where isTouched[index] {
            while let signal = peers[index].agent.nextSignal() { tell(signal, from: index) }
            while let datagram = peers[index].nextTransmit() { send(datagram, from: index) }
            while let event = peers[index].agent.nextEvent() {
                if event == .restarted || event == .unanswered {
                    peers[index].gatherReflexiveAgain(random: &random, at: now)
                } else {
                    peers[index].events.append((now, event))
                }
            }
            while let datagram = peers[index].nextTransmit() { send(datagram, from: index) }
            deadlines[index] = isStopped[index] ? nil : peers[index].nextDeadline
            isTouched[index] = false
        }
    }

    private mutating func send(_ datagram: VirtualDatagram, from index: Int) {
        if peers[index].relayed.contains(datagram.source) {
            guard network.isConnected(peers[index].host) else { return }
            relay.permit(datagram.destination.ip, at: datagram.source)
            relay.sendFromOwner(datagram, at: now)
        } else {
            network.send(datagram, from: peers[index].host, at: now)
        }
    }

    private static let signalMark: UInt8 = 0xFE
    private var waiting: [UInt16: RestartingAgent.Signal] = [:]
    /// When the last signal arrives at each peer: none overtakes another.
    private var arrivals = [Instant.zero, Instant.zero]

    private mutating func tell(_ signal: RestartingAgent.Signal, from index: Int) {
        switch signalling {
        case .rendezvous:
            guard !isAway[0], !isAway[1] else { return }
            let arrival = now + .milliseconds(Int64.random(in: 20...60, using: &random))
            arrivals[1 - index] = max(arrivals[1 - index], arrival)
            steps.schedule(.signal(signal, to: 1 - index), at: arrivals[1 - index])
        case .pathOnly:
            lastSignal += 1
            steps.schedule(.resend(signal, number: lastSignal, to: 1 - index), at: now)
        }
    }

    /// As the peer's program reads it.
    private mutating func receive(_ signal: RestartingAgent.Signal, at index: Int) {
        isTouched[index] = true
        var signal = signal
        if case .candidate(let generation, let candidate) = signal, let read = try? Candidate(sdp: candidate.sdp) {
            signal = .candidate(generation: generation, read)
        }
        peers[index].agent.receive(signal, at: now)
    }

    /// Another network for a peer: the host has another address behind other NATs, and gathers anew.
    mutating func move(_ index: Int, behind nats: [NATBehavior], opensPort: Bool = false) {
        moves += 1
        let outer = UInt32(0xCB00_7164) + moves  // 203.0.113.101…
        var realm = VirtualNetwork.internet
        for (depth, nat) in nats.reversed().enumerated() {
            realm = network.addRealm(
                behind: nat, outerIP: .v4(depth == 0 ? outer : 0x6450_0001 + UInt32(depth) << 8 + moves), in: realm)
        }
        let ip = IPAddress.v4(nats.isEmpty ? outer : 0xAC10_0064 + moves)  // 172.16.0.101…
        network.move(peers[index].host, to: ip, in: realm)
        let address = TransportAddress(ip: ip, port: UInt16.random(in: 40_000...49_999, using: &random))
        peers[index].move(to: address, random: &random, at: now)
        self.opensPort[index] = opensPort
        isTouched[index] = true
        steps.schedule(.mapping(index), at: now + .milliseconds(Int64.random(in: 20...150, using: &random)))
        steps.schedule(.allocation(index), at: now + .milliseconds(Int64.random(in: 30...150, using: &random)))
        steps.schedule(.bindingPatience(index), at: now + VirtualPeer.bindingPatience)
    }

    /// The connections to the rendezvous die with the networks they were made in; each peer comes back after so much time.
    mutating func loseRendezvous(for absences: (Duration, Duration)) {
        isAway = [true, true]
        steps.schedule(.rejoin(0), at: now + absences.0)
        steps.schedule(.rejoin(1), at: now + absences.1)
    }

    /// As the driver does it: who comes back tells everything again, and who hears of that as well.
    private mutating func rejoin(_ index: Int) {
        isAway[index] = false
        guard !isAway[1 - index] else { return }
        for index in peers.indices {
            peers[index].agent.signalAgain()
            isTouched[index] = true
        }
    }

    /// The router has opened a port after all.
    mutating func openPortLate(_ index: Int) {
        opensPort[index] = true
        steps.schedule(.mapping(index), at: now)
    }

    /// Stops a program, and what its host sends and receives; its clock goes on.
    mutating func stop(_ index: Int) {
        isStopped[index] = true
        isTouched[index] = true
        network.setConnected(false, peers[index].host)
    }

    mutating func goOn(_ index: Int) {
        isStopped[index] = false
        isTouched[index] = true
        network.setConnected(true, peers[index].host)
    }

    /// From here on nothing passes between the two homes any more but by the relay.
    mutating func separate() { network.separate(peers[0].host, peers[1].host) }

    private var moves: UInt32 = 0

    /// Forgets what was said so far.
    mutating func forgetEvents() {
        for index in peers.indices { peers[index].events = [] }
    }

    // MARK: The layers above

    /// Moves on until data sent by each side arrives at the other; how long that takes, to within 50 ms, if it happens.
    mutating func timeToCarryData(within limit: Duration) -> Duration? {
        let begin = now
        while now - begin <= limit {
            if carriesData { return now - begin }
            run(for: .milliseconds(50))
        }
        return nil
    }


    /// Sends data on the selected pair.
    mutating func sendData(_ payload: [UInt8], from index: Int) {
        guard let pair = peers[index].agent.dataPair, peers[index].agent.maySendData(at: now) else { return }
        send(VirtualDatagram(source: pair.source, destination: pair.destination, payload: payload), from: index)
    }
}
