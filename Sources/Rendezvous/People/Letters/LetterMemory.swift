/// The letters that were read, so that none is read twice: what a relay keeps and plays back says nothing.
///
/// Letters are good for ten minutes, so no more than those need to be known. The memory is bounded; when it is full the oldest is
/// forgotten, and no letter as old as that is read from then on.
struct LetterMemory: Sendable {
    /// How far a letter's time may be from ours, in seconds, before or after: the way, and two clocks that differ.
    static let tolerance: UInt64 = 600
    static let capacity = 1024

    private var times: [[UInt8]: UnixTime] = [:]
    /// Nothing that is not later is read any more.
    private var floor = UnixTime(seconds: 0)

    init() {}

    var count: Int { times.count }

    /// Whether a letter of that mark and time is one to read now; it is known from then on.
    mutating func admits(_ mark: [UInt8], written time: UnixTime, at now: UnixTime) -> Bool {
        let distance = time > now ? time.seconds - now.seconds : now.seconds - time.seconds
        guard distance <= Self.tolerance, time > floor, times[mark] == nil else { return false }
        if times.count >= Self.capacity {
            times = times.filter { $0.value.seconds + Self.tolerance >= now.seconds }
        }
        if times.count >= Self.capacity, let oldest = times.min(by: { $0.value < $1.value }) {
            times[oldest.key] = nil
            floor = max(floor, oldest.value)
            guard time > floor else { return false }
        }
        times[mark] = time
        return true
    }
}
