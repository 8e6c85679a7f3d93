/// The letters that were read, so that none is read twice: what a relay keeps and plays back says nothing.
///
/// Letters are good for ten minutes, so no more than those need to be known. The memory is bounded, for each writer and in all; when it
/// is full the oldest is forgotten, and no letter as old as that is read from then on: of the writer whose letters are too many, or of
/// anybody where there are too many writers.
struct LetterMemory: Sendable {
    /// How old a letter may be, in seconds: the way, and two clocks that differ.
    static let tolerance: UInt64 = 600
    /// How far before its time a letter may come, in seconds. One from later on would be the last to be forgotten.
    static let earliness: UInt64 = 60
    /// Letters that are known of one writer: one every ten seconds.
    static let capacityPerWriter = 64
    /// In all.
    static let capacity = 4096

    private struct Writer: Sendable {
        var times: [[UInt8]: UnixTime] = [:]
        /// Nothing of theirs that is not later is read any more.
        var floor = UnixTime(seconds: 0)
    }

    private var writers: [PersonKey: Writer] = [:]
    private(set) var count = 0
    /// Nothing that is not later is read any more, whoever wrote it.
    private var floor = UnixTime(seconds: 0)

    init() {}

    /// Whether a letter of that mark and time is one to read now; it is known from then on.
    mutating func admits(_ mark: [UInt8], of writer: PersonKey, written time: UnixTime, at now: UnixTime) -> Bool {
        guard time > now ? time.seconds - now.seconds <= Self.earliness : now.seconds - time.seconds <= Self.tolerance,
            time > floor, time > writers[writer]?.floor ?? floor, writers[writer]?.times[mark] == nil
        else { return false }
        if count >= Self.capacity || writers[writer]?.times.count ?? 0 >= Self.capacityPerWriter { forgetOld(at: now) }
        if writers[writer]?.times.count ?? 0 >= Self.capacityPerWriter, let oldest = forgetOldest(of: writer) {
            writers[writer, default: Writer()].floor = oldest
        }
        if count >= Self.capacity, let oldest = forgetOldestOfAll() { floor = max(floor, oldest) }
        guard time > floor, time > writers[writer]?.floor ?? floor else { return false }
        writers[writer, default: Writer()].times[mark] = time
        count += 1
        return true
    }

    /// Those that would not be read anyway. A writer's floor is as old as the oldest of theirs, or older.
    private mutating func forgetOld(at now: UnixTime) {
        for (key, var writer) in writers {
            writer.times = writer.times.filter { $0.value.seconds + Self.tolerance >= now.seconds }
            writers[key] = writer.times.isEmpty ? nil : writer
        }
        count = writers.values.reduce(0) { $0 + $1.times.count }
    }

    private mutating func forgetOldest(of key: PersonKey) -> UnixTime? {
        guard let oldest = writers[key]?.times.min(by: { $0.value < $1.value }) else { return nil }
        writers[key]?.times[oldest.key] = nil
        count -= 1
        return oldest.value
    }

    private mutating func forgetOldestOfAll() -> UnixTime? {
        let ends = writers.compactMap { key, writer in writer.times.values.min().map { (key, $0) } }
        guard let (key, _) = ends.min(by: { $0.1 < $1.1 }) else { return nil }
        let oldest = forgetOldest(of: key)
        if writers[key]?.times.isEmpty ?? false { writers[key] = nil }
        return oldest
    }
}
