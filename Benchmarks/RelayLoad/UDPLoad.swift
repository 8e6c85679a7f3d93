import CLinuxNet
import Glibc
import HostNetwork
import NetPrimitives

/// The load over UDP: sends through the server in one thread's loop, checks what arrives, and counts.
///
/// One loop both sends and receives, and never sleeps: it has a core of its own.
struct UDPLoad: ~Copyable {
    /// Nothing arrived for so long: what is on its way is lost.
    private static let silence: Int64 = 200_000_000
    /// Bursts sent before it is looked what arrived.
    private static let burstsPerTurn = 32

    private let pattern: Pattern
    private let processes: [Int32]
    private let flowCount: Int
    private let flows: UnsafeMutablePointer<Flow>
    /// Where packets end that every flow has in common; -1 for echo, where each flow has its own sockets.
    private let sink: Int32
    private let server: TransportAddress
    private let epoll: Int32
    private let tags = UnsafeMutablePointer<UInt64>.allocate(capacity: Int(RA_MAXIMUM_EVENTS))
    private let echoLengths = UnsafeMutablePointer<UInt16>.allocate(capacity: Int(RA_LOAD_MAXIMUM_SEGMENTS) * 2)
    private let received = ReceiveTrains()
    private var train = PacketTrain()
    private var tally = Tally()
    private var latency = Histogram()
    private var turn = 0
    private var outstanding = 0
    private var lastArrival: Int64 = 0
    private var isMeasuring = false

    /// - Parameter processes: the server's first, then whose time is watched beside it.
    static func opened(_ opened: [Opened], scene: Scene, pattern: Pattern, processes: [Int32]) throws -> UDPLoad {
        // A common socket takes what no connected one takes; each direction connects only those that send.
        let sink: Int32 =
            switch pattern.way {
            case .up: try LoadSocket.udp(bind: TransportAddress(ip: .anyV4, port: scene.firstPeer.port))
            case .down: try LoadSocket.udp(bind: TransportAddress(ip: .anyV4, port: scene.firstClient.port))
            case .echo: -1
            }
        let epoll = ra_epoll_create()
        let flows = try opened.enumerated().map { number, way in
            var flow = Flow(client: way.descriptor, channel: way.channel ?? 0)
            flow.relayedBits = way.relayed.bits
            flow.relayedPort = way.relayed.port
            if pattern.way != .up { flow.peer = try LoadSocket.udp(bind: scene.peer(number), connect: way.relayed) }
            if pattern.way == .down {
                close(flow.client)
                flow.client = -1
            }
            if pattern.way == .echo {
                guard ra_epoll_add(epoll, flow.client, UInt64(number) << 1) == 0,
                    ra_epoll_add(epoll, flow.peer, UInt64(number) << 1 | 1) == 0
                else { throw LoadError.system("epoll_ctl") }
            }
            return flow
        }
        return UDPLoad(
            flows: flows, sink: sink, epoll: epoll, server: scene.server, pattern: pattern, processes: processes)
    }

    private init(
        flows: [Flow], sink: Int32, epoll: Int32, server: TransportAddress, pattern: Pattern, processes: [Int32]
    ) {
        self.pattern = pattern
        self.processes = processes
        self.sink = sink
        self.epoll = epoll
        self.server = server
        flowCount = flows.count
        self.flows = .allocate(capacity: flows.count)
        for (number, flow) in flows.enumerated() { (self.flows + number).initialize(to: flow) }
    }

    /// Loads for `warmUp`, then for `duration` counts; nanoseconds.
    mutating func run(warmUp: Int64, duration: Int64) -> (Tally, Histogram) {
        let start = now()
        lastArrival = start
        load(until: start + warmUp, from: start)
        let before = snapshot()
        isMeasuring = true
        load(until: before.at + duration, from: before.at)
        return (snapshot() - before, latency)
    }

    private func now() -> Int64 { MonotonicClock.now().nanoseconds }

    private func snapshot() -> Tally {
        var tally = tally
        tally.serverTime = processes.first.map(ProcessTime.nanoseconds(of:)) ?? 0
        tally.watchedTime = processes.dropFirst().reduce(0) { $0 + ProcessTime.nanoseconds(of: $1) }
        tally.ownTime = ProcessTime.nanoseconds(of: getpid())
        tally.at = now()
        return tally
    }

    // MARK: The loop

    private mutating func load(until end: Int64, from start: Int64) {
        let interval = pattern.rate.map { 1e9 / $0 * Double(pattern.packetsPerTurn) }
        var turns = 0.0
        var time = now()
        while time < end {
            if let interval {
                while Double(time - start) >= turns * interval {
                    sendBurst(at: time)
                    turns += 1
                    // Behind by much: another process had the core. What was not sent is not caught up with.
                    if Double(time - start) - turns * interval > 1e7 { turns = Double(time - start) / interval }
                }
            } else {
                var bursts = 0
                while bursts < Self.burstsPerTurn, outstanding + pattern.packetsPerTurn <= pattern.window {
                    sendBurst(at: time)
                    bursts += 1
                }
            }
            receive()
            time = now()
            if outstanding > 0, time - lastArrival > Self.silence { giveUp(at: time) }
        }
    }

    private mutating func sendBurst(at time: Int64) {
        let number = turn
        turn = turn + 1 == flowCount ? 0 : turn + 1
        let isUp = pattern.way != .down
        let direction = isUp ? Payload.Direction.up : .down
        let channel = isUp ? flows[number].channel : 0
        var sequence = flows[number].next
        train.begin(size: pattern.size, channel: channel)
        for _ in 0..<pattern.burst {
            train.add(
                size: pattern.size, channel: channel, sequence: sequence, flow: number, direction: direction, sentAt: time)
            sequence += 1
        }
        if pattern.tail > 0 {
            train.add(
                size: pattern.tail, channel: channel, sequence: sequence, flow: number, direction: direction, sentAt: time)
        }
        let taken = train.send(
            to: isUp ? flows[number].client : flows[number].peer, segmented: pattern.usesSegmentation)
        flows[number].next += UInt64(taken)
        tally.sent += taken
        if outstanding == 0 { lastArrival = time }
        outstanding += taken
    }

    /// What is on its way will not come.
    private mutating func giveUp(at time: Int64) {
        for number in 0..<flowCount {
            tally.lost += Int(flows[number].next - flows[number].expected)
            flows[number].expected = flows[number].next
        }
        outstanding = 0
        lastArrival = time
    }

    // MARK: What arrives

    private mutating func receive() {
        guard sink < 0 else { return receive(from: sink, isPeer: pattern.way == .up, flow: nil) }
        let count = Int(ra_epoll_wait(epoll, tags, 0))
        guard count > 0 else { return }
        for index in 0..<count {
            let number = Int(tags[index] >> 1)
            let isPeer = tags[index] & 1 == 1
            receive(from: isPeer ? flows[number].peer : flows[number].client, isPeer: isPeer, flow: number)
        }
    }

    private mutating func receive(from descriptor: Int32, isPeer: Bool, flow: Int?) {
        let count = received.receive(from: descriptor)
        guard count > 0 else { return }
        let time = now()
        for index in 0..<count {
            let message = received[index]
            tally.messages += 1
            guard message.segment > 0, let data = message.data else { continue }
            var offset: UInt32 = 0
            var echoed = 0
            while offset < message.length {
                let length = min(message.segment, message.length - offset)
                if isPeer {
                    if take(data + Int(offset), Int(length), from: message, flow: flow, at: time), echoed < 2 * Int(RA_LOAD_MAXIMUM_SEGMENTS) {
                        echoLengths[echoed] = UInt16(length)
                        echoed += 1
                    }
                } else {
                    takeAtClient(data + Int(offset), Int(length), from: message, flow: flow, at: time)
                }
                offset += length
            }
            if isPeer, let flow, echoed > 0 { echo(message, echoed, flow) }
        }
    }

    /// A client's packet; through a channel it has that channel's header, which is looked at and taken off.
    private mutating func takeAtClient(
        _ bytes: UnsafeMutablePointer<UInt8>, _ length: Int, from message: ra_load_received, flow: Int?, at time: Int64
    ) {
        let channel = flows[flow ?? 0].channel
        guard channel != 0 else { _ = take(bytes, length, from: message, flow: flow, at: time); return }
        // An answer to a request that was repeated is no load.
        guard length >= 4, bytes[0] >= 0x40 else { return }
        guard UInt16(bytes[0]) << 8 | UInt16(bytes[1]) == channel, Int(bytes[2]) << 8 | Int(bytes[3]) == length - 4 else {
            tally.wrong += 1
            return
        }
        _ = take(bytes + 4, length - 4, from: message, flow: flow, at: time)
    }

    /// Checks a packet and counts it; whether it is what was waited for.
    private mutating func take(
        _ bytes: UnsafeMutablePointer<UInt8>, _ length: Int, from message: ra_load_received, flow: Int?, at time: Int64
    ) -> Bool {
        let direction: Payload.Direction = pattern.way == .down ? .down : .up
        guard length == pattern.size || length == pattern.tail, let header = Payload.read(bytes, size: length),
            header.flow < flowCount, header.direction == direction.rawValue, flow == nil || flow == header.flow
        else {
            tally.wrong += 1
            return false
        }
        let number = header.flow
        // A sender's own socket is connected: the kernel lets nothing else in. The common one has to look.
        if sink >= 0 {
            let isRightSource = pattern.way == .up
                ? message.remote_ip == flows[number].relayedBits && message.remote_port == flows[number].relayedPort
                : message.remote_port == server.port || flows[number].channel == 0
            guard isRightSource else {
                tally.wrong += 1
                return false
            }
        }
        lastArrival = time
        let isAtPeerOfEcho = pattern.way == .echo && message.remote_port == flows[number].relayedPort
            && message.remote_ip == flows[number].relayedBits
        if isAtPeerOfEcho {
            guard header.sequence >= flows[number].expectedAtPeer else { return false }
            flows[number].expectedAtPeer = header.sequence + 1
            return true
        }
        let expected = flows[number].expected
        guard header.sequence >= expected, header.sequence < flows[number].next else {
            tally.late += 1
            return false
        }
        let passed = Int(header.sequence - expected) + 1
        flows[number].expected = header.sequence + 1
        outstanding -= passed
        tally.lost += passed - 1
        tally.delivered += 1
        if isMeasuring { latency.record(time - header.sentAt) }
        return true
    }

    /// Sends a peer's packets back as they came: one by one, or as one train where the senders do so.
    private mutating func echo(_ message: ra_load_received, _ count: Int, _ flow: Int) {
        if pattern.usesSegmentation, count > 1 {
            var vector = iovec(iov_base: message.data, iov_len: Int(message.length))
            withUnsafeMutablePointer(to: &vector) { vector in
                var train = ra_load_train()
                train.vectors = vector
                train.vector_count = 1
                train.segment = UInt16(message.segment)
                ra_load_send_trains(flows[flow].peer, &train, 1)
            }
        } else {
            ra_load_send_singles(flows[flow].peer, message.data, Int(message.segment), echoLengths, Int32(count))
        }
    }
}
