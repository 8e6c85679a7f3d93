import HostNetwork
import NetPrimitives

/// What sends through a server and takes what arrives, a turn at a time.
protocol Load: ~Copyable {
    var latency: Histogram { get }
    /// Sends what is due, and takes what has arrived; `time` in nanoseconds.
    mutating func turn(at time: Int64) throws
    /// From now on times are recorded.
    mutating func beginMeasuring()
    /// The counts so far, with the CPU time of the server (the first process), of others watched beside it, and ours.
    func snapshot(_ processes: [Int32]) -> Tally
}

/// How long a load lasts: first what is not counted, then what is; nanoseconds.
struct Run {
    let warmUp: Int64
    let duration: Int64
    let processes: [Int32]

    func counting(_ load: inout (some Load & ~Copyable)) throws -> (Tally, Histogram) {
        func loop(until end: Int64, _ load: inout (some Load & ~Copyable)) throws {
            var time = Self.now()
            while time < end {
                try load.turn(at: time)
                time = Self.now()
            }
        }
        try loop(until: Self.now() + warmUp, &load)
        let before = load.snapshot(processes)
        load.beginMeasuring()
        try loop(until: before.at + duration, &load)
        return (load.snapshot(processes) - before, load.latency)
    }

    private static func now() -> Int64 { MonotonicClock.now().nanoseconds }
}

/// Probes that travel beside a load: counted is the load, the times are the probes'.
struct ProbedLoad: ~Copyable, Load {
    var load: UDPLoad
    var probes: UDPLoad

    var latency: Histogram { probes.latency }

    mutating func turn(at time: Int64) {
        load.turn(at: time)
        probes.turn(at: MonotonicClock.now().nanoseconds)
    }

    mutating func beginMeasuring() {
        load.beginMeasuring()
        probes.beginMeasuring()
    }

    func snapshot(_ processes: [Int32]) -> Tally { load.snapshot(processes) }
}
