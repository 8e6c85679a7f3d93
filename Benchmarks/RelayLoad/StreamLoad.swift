import CLinuxNet
import Glibc
import HostNetwork
import NetPrimitives

/// The load of clients over TCP or TLS; their peers have UDP, as ever.
struct StreamLoad: ~Copyable, Load {
    /// Bursts sent before it is looked what arrived.
    private static let burstsPerTurn = 32
    /// Reads of one connection before the others have their turn.
    private static let readsPerTurn = 4

    private let pattern: Pattern
    private let connections: [StreamConnection]
    private var ledger: Ledger
    private var pace: Pace
    /// Where the peers' packets end; -1 when peers send.
    private let sink: Int32
    private let epoll: Int32
    private let tags = UnsafeMutablePointer<UInt64>.allocate(capacity: Int(RA_MAXIMUM_EVENTS))
    private let received = ReceiveTrains()
    private var train = PacketTrain()
    private let arrived: [StreamBuffer]

    static func opened(_ count: Int, scene: Scene, pattern: Pattern, encrypted: Bool) throws -> StreamLoad {
        let isUp = pattern.way == .up
        let sink = isUp ? try LoadSocket.udp(bind: TransportAddress(ip: .anyV4, port: scene.firstPeer.port)) : -1
        let epoll = ra_epoll_create()
        let context = encrypted ? try StreamConnection.context() : nil
        var connections: [StreamConnection] = []
        var flows: [Flow] = []
        for number in 0..<count {
            let connection = try StreamConnection(from: scene.client(number), to: scene.server, context: context)
            var flow = Flow(try Opening.allocate(number, in: scene, over: connection))
            if !isUp { flow.peer = try LoadSocket.udp(bind: scene.peer(number), connect: flow.relayed) }
            guard ra_epoll_add(epoll, connection.descriptor, UInt64(number)) == 0 else { throw LoadError.system("epoll_ctl") }
            connections.append(connection)
            flows.append(flow)
        }
        return StreamLoad(connections, flows, pattern: pattern, sink: sink, epoll: epoll)
    }

    private init(_ connections: [StreamConnection], _ flows: [Flow], pattern: Pattern, sink: Int32, epoll: Int32) {
        self.connections = connections
        self.pattern = pattern
        self.sink = sink
        self.epoll = epoll
        pace = Pace(pattern)
        ledger = Ledger(flows, direction: pattern.way == .down ? .down : .up, size: pattern.size, tail: 0)
        arrived = connections.map { _ in StreamBuffer() }
    }

    var latency: Histogram { ledger.latency }
    mutating func beginMeasuring() { ledger.beginMeasuring() }
    func snapshot(_ processes: [Int32]) -> Tally { ledger.snapshot(processes) }

    mutating func turn(at time: Int64) throws {
        var bursts = 0
        while bursts < Self.burstsPerTurn, pace.isDue(at: time, outstanding: ledger.outstanding) {
            try sendBurst(at: time)
            bursts += 1
        }
        if pattern.way == .up { takeAtSink() } else { try takeAtClients() }
        ledger.giveUpAfterSilence(at: time)
    }

    private mutating func sendBurst(at time: Int64) throws {
        let number = ledger.nextFlow()
        let isUp = pattern.way == .up
        // A connection whose last burst is not gone gets no other.
        if isUp, try !connections[number].flush() { return }
        let channel = isUp ? ledger.flows[number].channel : 0
        var sequence = ledger.flows[number].next
        train.begin(size: pattern.size, channel: channel)
        for _ in 0..<pattern.burst {
            train.add(
                size: pattern.size, channel: channel, sequence: sequence, flow: number, direction: isUp ? .up : .down,
                sentAt: time)
            sequence += 1
        }
        let taken = isUp
            ? try train.write(to: connections[number])
            : train.send(to: ledger.flows[number].peer, segmented: pattern.usesSegmentation)
        ledger.sent(taken, by: number, at: time)
    }

    private mutating func takeAtSink() {
        let count = received.receive(from: sink)
        guard count > 0 else { return }
        let time = MonotonicClock.now().nanoseconds
        for index in 0..<count {
            let message = received[index]
            ledger.countMessage()
            guard message.segment > 0, let data = message.data else { continue }
            for offset in stride(from: 0, to: Int(message.length), by: Int(message.segment)) {
                let length = min(Int(message.segment), Int(message.length) - offset)
                guard let header = ledger.check(data + offset, length, flow: nil) else { continue }
                if message.remote_ip == ledger.flows[header.flow].relayedBits,
                    message.remote_port == ledger.flows[header.flow].relayedPort {
                    _ = ledger.arrived(header, at: time)
                } else {
                    ledger.countWrong()
                }
            }
        }
    }

    private mutating func takeAtClients() throws {
        let count = Int(ra_epoll_wait(epoll, tags, 0))
        guard count > 0 else { return }
        for index in 0..<count {
            let number = Int(tags[index])
            for _ in 0..<Self.readsPerTurn {
                guard try arrived[number].fill(from: connections[number]) else { break }
                let time = MonotonicClock.now().nanoseconds
                ledger.countMessage()
                while let frame = arrived[number].next(channel: ledger.flows[number].channel) {
                    guard let data = frame.data else {
                        ledger.countWrong()
                        continue
                    }
                    if let header = ledger.check(data, frame.length, flow: number) { _ = ledger.arrived(header, at: time) }
                }
            }
        }
    }
}

/// What a client's connection brought and is not looked at yet.
final class StreamBuffer {
    private static let capacity = 1 << 18
    private let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    private var start = 0
    private var end = 0

    deinit { bytes.deallocate() }

    /// Reads once; whether there was something.
    func fill(from connection: StreamConnection) throws -> Bool {
        if start > 0 {
            bytes.update(from: bytes + start, count: end - start)
            end -= start
            start = 0
        }
        let count = try connection.read(into: bytes + end, Self.capacity - end)
        end += count
        return count > 0
    }

    /// The next frame that is whole; nil when there is none. Without data it is not the channel's. Answers are skipped.
    func next(channel: UInt16) -> (data: UnsafeMutablePointer<UInt8>?, length: Int)? {
        while end - start >= 4 {
            let frame = bytes + start
            let number = UInt16(frame[0]) << 8 | UInt16(frame[1])
            let length = Int(frame[2]) << 8 | Int(frame[3])
            let isMessage = frame[0] < 0x40
            let whole = isMessage ? 20 + length : 4 + (length + 3) & ~3
            guard end - start >= whole else { return nil }
            start += whole
            if isMessage { continue }
            return number == channel ? (frame + 4, length) : (nil, 0)
        }
        return nil
    }
}
