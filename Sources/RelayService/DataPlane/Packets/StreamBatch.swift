import Relay
import TURN

/// Datagrams of peers on their way to clients over TCP or TLS, gathered in one turn and written to each stream at its end.
///
/// A run is consecutive datagrams of one channel that lie one behind the other, as one message of the kernel's holds them:
/// all have one size but the last, which may be shorter. Nothing is copied: bytes stay where they are until the streams have
/// taken them. Every stream has its own runs, in their order.
struct StreamBatch: ~Copyable {
    /// Runs at most between two `clear`s: four times the messages that a `ReceiveRing` holds. A message is one run, unless
    /// some of its datagrams go another way. What finds no room is dropped.
    static let runLimit = 1024

    struct Run: BitwiseCopyable {
        var bytes: UnsafeMutableRawPointer
        /// Bytes of all its datagrams.
        var count: Int
        /// Bytes of every datagram but perhaps the last.
        var size: Int
        /// The next run of the same stream, -1 when there is none.
        var next: Int32
        var channel: UInt16
        var isOpen: Bool
    }

    private struct Queue: BitwiseCopyable {
        var stream: Int32
        var first: Int32
        var last: Int32
    }

    private let runs: UnsafeMutablePointer<Run>
    private let queues: UnsafeMutablePointer<Queue>
    private var index = BatchIndex(capacity: runLimit)
    private var runCount = 0
    /// Streams that there is something for.
    private(set) var count = 0
    /// The stream that was added to last: the next datagram is most often for it.
    private var lastQueue = 0
    /// Datagrams that found no room, ever.
    private(set) var dropped: UInt64 = 0

    init() {
        // unsafe: both live as long as the batch; numbers below the counts are initialized.
        runs = .allocate(capacity: Self.runLimit)
        queues = .allocate(capacity: Self.runLimit)
    }

    deinit {
        runs.deallocate()
        queues.deallocate()
    }

    // MARK: Adding

    /// Adds a datagram for a stream, by the stream's number.
    ///
    /// unsafe: `bytes` are left alone until `clear`.
    mutating func add(_ bytes: UnsafeMutableRawPointer, count: Int, channel: UInt16, to stream: Int32) {
        var number = lastQueue
        if number >= self.count || queues[number].stream != stream { number = queue(of: stream) }
        if number >= 0 {
            lastQueue = number
            let run = runs + Int(queues[number].last)
            if run.pointee.isOpen, run.pointee.bytes + run.pointee.count == bytes, run.pointee.channel == channel,
                count > 0, count <= run.pointee.size
            {
                run.pointee.count &+= count
                run.pointee.isOpen = count == run.pointee.size
                return
            }
        }
        begin(bytes, count, channel, stream, number)
    }

    /// Forgets everything: the streams have it.
    mutating func clear() {
        guard count > 0 else { return }
        (runCount, count, lastQueue) = (0, 0, 0)
        index.clear()
    }

    /// The queue of a stream, -1 when it has none. In line, for the reason that `SendBatch.openTrain` tells.
    @inline(__always)
    private func queue(of stream: Int32) -> Int {
        var place = index.place(for: Self.hash(stream))
        while true {
            let number = index[place]
            if number < 0 || queues[number].stream == stream { return number }
            place = index.place(after: place)
        }
    }

    @inline(never)
    private mutating func begin(
        _ bytes: UnsafeMutableRawPointer, _ count: Int, _ channel: UInt16, _ stream: Int32, _ number: Int
    ) {
        guard runCount < Self.runLimit else { return dropped &+= 1 }
        let run = Int32(truncatingIfNeeded: runCount)
        runCount &+= 1
        (runs + Int(run)).initialize(
            to: Run(bytes: bytes, count: count, size: count, next: -1, channel: channel, isOpen: count > 0))
        if number >= 0 {
            runs[Int(queues[number].last)].next = run
            queues[number].last = run
            return
        }
        var place = index.place(for: Self.hash(stream))
        while index[place] >= 0 { place = index.place(after: place) }
        index[place] = self.count
        (queues + self.count).initialize(to: Queue(stream: stream, first: run, last: run))
        lastQueue = self.count
        self.count &+= 1
    }

    private static func hash(_ stream: Int32) -> UInt64 { UInt64(UInt32(bitPattern: stream)) }

    // MARK: Taking

    /// What there is for one stream, and the stream's number; `index` below `count`.
    ///
    /// unsafe: good until the next `add` or `clear`.
    func datagrams(_ index: Int) -> (stream: Int32, StreamDatagrams) {
        (queues[index].stream, StreamDatagrams(runs: UnsafePointer(runs), first: Int(queues[index].first)))
    }
}
