import Glibc
import HostNetwork
import NetPrimitives

/// What was sent, and which of it has arrived where it belongs.
struct Ledger: ~Copyable {
    /// Nothing arrived for so long: what is on its way is lost.
    private static let silence: Int64 = 200_000_000

    let flows: UnsafeMutablePointer<Flow>
    let flowCount: Int
    private let direction: UInt32
    private let size: Int
    private let tail: Int
    private var tally = Tally()
    private(set) var latency = Histogram()
    /// Packets on their way.
    private(set) var outstanding = 0
    private var turn = 0
    private var lastArrival: Int64 = 0
    private var isMeasuring = false
    /// Where times are the result: what else had the server's core or ours.
    private var waits: Waits?

    init(_ flows: [Flow], direction: Payload.Direction, size: Int, tail: Int) {
        self.direction = direction.rawValue
        self.size = size
        self.tail = tail
        flowCount = flows.count
        self.flows = .allocate(capacity: flows.count)
        for (number, flow) in flows.enumerated() { (self.flows + number).initialize(to: flow) }
    }

    /// Times do not count while other processes are in the way of these.
    mutating func watch(_ processes: [Int32]) { waits = Waits(of: processes + [getpid()]) }

    /// From now on times are recorded.
    mutating func beginMeasuring() { isMeasuring = true }

    /// The counts so far, with the CPU time of the server (the first process), of others watched beside it, and ours.
    func snapshot(_ processes: [Int32]) -> Tally {
        var tally = tally
        tally.serverTime = processes.first.map(ProcessTime.nanoseconds(of:)) ?? 0
        tally.watchedTime = processes.dropFirst().reduce(0) { $0 + ProcessTime.nanoseconds(of: $1) }
        tally.ownTime = ProcessTime.nanoseconds(of: getpid())
        tally.at = MonotonicClock.now().nanoseconds
        return tally
    }

    // MARK: Sent

    /// Whose turn it is.
    mutating func nextFlow() -> Int {
        let number = turn
        turn = turn + 1 == flowCount ? 0 : turn + 1
        return number
    }

    mutating func sent(_ count: Int, by flow: Int, at time: Int64) {
        flows[flow].next += UInt64(count)
        tally.sent += count
        if outstanding == 0 { lastArrival = time }
        outstanding += count
        _ = waits?.clear(at: time)
    }

    /// What is on its way will not come, when nothing did for long.
    mutating func giveUpAfterSilence(at time: Int64) {
        guard outstanding > 0, time - lastArrival > Self.silence else { return }
        for number in 0..<flowCount {
            tally.lost += Int(flows[number].next - flows[number].expected)
            flows[number].expected = flows[number].next
        }
        outstanding = 0
        lastArrival = time
    }

    // MARK: Arrived

    mutating func countMessage() { tally.messages += 1 }
    mutating func countWrong() { tally.wrong += 1 }

    /// The header of a packet that is whole and belongs to the flow, where that is known; else it counts as wrong.
    mutating func check(_ bytes: UnsafeMutablePointer<UInt8>, _ length: Int, flow: Int?) -> Payload.Header? {
        guard length == size || length == tail, let header = Payload.read(bytes, size: length), header.flow < flowCount,
            header.direction == direction, flow == nil || flow == header.flow
        else {
            tally.wrong += 1
            return nil
        }
        return header
    }

    /// Counts a packet at its end; whether it is what was waited for.
    mutating func arrived(_ header: Payload.Header, at time: Int64) -> Bool {
        lastArrival = time
        let expected = flows[header.flow].expected
        guard header.sequence >= expected, header.sequence < flows[header.flow].next else {
            tally.late += 1
            return false
        }
        let passed = Int(header.sequence - expected) + 1
        flows[header.flow].expected = header.sequence + 1
        outstanding -= passed
        tally.lost += passed - 1
        tally.delivered += 1
        if isMeasuring { record(header.sentAt, at: time) }
        return true
    }

    private mutating func record(_ sentAt: Int64, at time: Int64) {
        if let clear = waits?.clear(at: time), sentAt < clear {
            tally.disturbed += 1
        } else {
            latency.record(time - sentAt)
        }
    }

    /// A packet is at the peer that will send it back; whether it is what was waited for.
    mutating func passedPeer(_ header: Payload.Header, at time: Int64) -> Bool {
        lastArrival = time
        guard header.sequence >= flows[header.flow].expectedAtPeer else { return false }
        flows[header.flow].expectedAtPeer = header.sequence + 1
        return true
    }
}
