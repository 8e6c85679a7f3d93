import CLinuxNet
import Glibc
import HostNetwork
import NetPrimitives

/// The load over UDP: sends through the server in one thread's loop, checks what arrives, and counts.
///
/// One loop both sends and receives, and never sleeps: it has a core of its own.
struct UDPLoad: ~Copyable, Load {
    /// Bursts sent before it is looked what arrived.
    private static let burstsPerTurn = 32

    private let pattern: Pattern
    private var ledger: Ledger
    /// Where packets end that every flow has in common; -1 for echo, where each flow has its own sockets.
    private let sink: Int32
    private let server: TransportAddress
    private let epoll: Int32
    private let tags = UnsafeMutablePointer<UInt64>.allocate(capacity: Int(RA_MAXIMUM_EVENTS))
    private let echoLengths = UnsafeMutablePointer<UInt16>.allocate(capacity: Int(RA_LOAD_MAXIMUM_SEGMENTS) * 2)
    private let received = ReceiveTrains()
    private var train = PacketTrain()
    private var pace: Pace

    static func opened(_ opened: [Opened], scene: Scene, pattern: Pattern) throws -> UDPLoad {
        // A common socket takes what no connected one takes; each direction connects only those that send.
        let sink: Int32 =
            switch pattern.way {
            case .up: try LoadSocket.udp(bind: TransportAddress(ip: .anyV4, port: scene.firstPeer.port))
            case .down: try LoadSocket.udp(bind: TransportAddress(ip: .anyV4, port: scene.firstClient.port))
            case .echo: -1
            }
        let epoll = ra_epoll_create()
        let flows = try opened.enumerated().map { number, way in
            var flow = Flow(way)
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
        return UDPLoad(flows: flows, sink: sink, epoll: epoll, server: scene.server, pattern: pattern)
    }

    private init(flows: [Flow], sink: Int32, epoll: Int32, server: TransportAddress, pattern: Pattern) {
        self.pattern = pattern
        self.sink = sink
        self.epoll = epoll
        self.server = server
        pace = Pace(pattern)
        ledger = Ledger(flows, direction: pattern.way == .down ? .down : .up, size: pattern.size, tail: pattern.tail)
    }

    var latency: Histogram { ledger.latency }
    /// Times do not count while other processes are in the way of these.
    mutating func watch(_ processes: [Int32]) { ledger.watch(processes) }
    mutating func beginMeasuring() { ledger.beginMeasuring() }
    func snapshot(_ processes: [Int32]) -> Tally { ledger.snapshot(processes) }

    mutating func turn(at time: Int64) {
        var bursts = 0
        while bursts < Self.burstsPerTurn, pace.isDue(at: time, outstanding: ledger.outstanding) {
            sendBurst(at: time)
            bursts += 1
        }
        receive()
        ledger.giveUpAfterSilence(at: time)
    }

    private mutating func sendBurst(at time: Int64) {
        let number = ledger.nextFlow()
        let isUp = pattern.way != .down
        let direction = isUp ? Payload.Direction.up : .down
        let channel = isUp ? ledger.flows[number].channel : 0
        var sequence = ledger.flows[number].next
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
            to: isUp ? ledger.flows[number].client : ledger.flows[number].peer, segmented: pattern.usesSegmentation)
        ledger.sent(taken, by: number, at: time)
    }

    // MARK: What arrives

    private mutating func receive() {
        guard sink < 0 else { return receive(from: sink, isPeer: pattern.way == .up, flow: nil) }
        let count = Int(ra_epoll_wait(epoll, tags, 0))
        guard count > 0 else { return }
        for index in 0..<count {
            let number = Int(tags[index] >> 1)
            let isPeer = tags[index] & 1 == 1
            receive(from: isPeer ? ledger.flows[number].peer : ledger.flows[number].client, isPeer: isPeer, flow: number)
        }
    }

    private mutating func receive(from descriptor: Int32, isPeer: Bool, flow: Int?) {
        let count = received.receive(from: descriptor)
        guard count > 0 else { return }
        let time = MonotonicClock.now().nanoseconds
        for index in 0..<count {
            let message = received[index]
            ledger.countMessage()
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
        let channel = ledger.flows[flow ?? 0].channel
        guard channel != 0 else { _ = take(bytes, length, from: message, flow: flow, at: time); return }
        // An answer to a request that was repeated is no load.
        guard length >= 4, bytes[0] >= 0x40 else { return }
        guard UInt16(bytes[0]) << 8 | UInt16(bytes[1]) == channel, Int(bytes[2]) << 8 | Int(bytes[3]) == length - 4 else {
            ledger.countWrong()
            return
        }
        _ = take(bytes + 4, length - 4, from: message, flow: flow, at: time)
    }

    /// Checks a packet and counts it; whether it is what was waited for.
    private mutating func take(
        _ bytes: UnsafeMutablePointer<UInt8>, _ length: Int, from message: ra_load_received, flow: Int?, at time: Int64
    ) -> Bool {
        guard let header = ledger.check(bytes, length, flow: flow) else { return false }
        let number = header.flow
        // A sender's own socket is connected: the kernel lets nothing else in. The common one has to look.
        if sink >= 0 {
            let isRightSource = pattern.way == .up
                ? message.remote_ip == ledger.flows[number].relayedBits && message.remote_port == ledger.flows[number].relayedPort
                : message.remote_port == server.port || ledger.flows[number].channel == 0
            guard isRightSource else {
                ledger.countWrong()
                return false
            }
        }
        let isAtPeerOfEcho = pattern.way == .echo && message.remote_port == ledger.flows[number].relayedPort
            && message.remote_ip == ledger.flows[number].relayedBits
        return isAtPeerOfEcho ? ledger.passedPeer(header, at: time) : ledger.arrived(header, at: time)
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
                ra_load_send_trains(ledger.flows[flow].peer, &train, 1)
            }
        } else {
            ra_load_send_singles(ledger.flows[flow].peer, message.data, Int(message.segment), echoLengths, Int32(count))
        }
    }
}
