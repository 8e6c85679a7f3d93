import ArgumentParser
import CLinuxNet
import Glibc

/// Loads a server and prints what was counted, one JSON object.
struct SendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "send", abstract: "Loads a server and counts.")

    enum Server: String, CaseIterable, ExpressibleByArgument {
        case turn, forwarder, direct
    }

    enum Transport: String, CaseIterable, ExpressibleByArgument {
        case udp, tcp, tls
    }

    @OptionGroup var scene: SceneOptions
    @Option(help: "What the server is: a TURN server, this program's forwarder, or nothing in between.")
    var through = Server.turn
    @Option(help: "Between clients and server: udp, tcp or tls.") var transport = Transport.udp
    @Option(help: "up, down or echo.") var way = Pattern.Way.up
    @Option(help: "Allocations, each with one channel.") var allocations = 20
    @Option(help: "Bytes of a packet's data.") var size = 1000
    @Option(help: "Packets in a row for one allocation.") var burst = 1
    @Option(help: "Bytes of one more, shorter packet after each burst.") var tail = 0
    @Flag(help: "Senders let the kernel cut their bursts.") var gso = false
    @Option(help: "Packets per second; without it, as fast as the window lets it.") var rate: Double?
    @Option(help: "Packets on their way at most.") var window = 512
    @Option(help: "Beside the load, so many packets a second go to the peer and back, and times are theirs.")
    var probes: Double?
    @Option(help: "Seconds of load that are not counted.") var warmUp = 0.3
    @Option(help: "Seconds of load that are counted.") var duration = 1.0
    @Option(help: "The server's process, then others whose time is watched.") var process: [Int32] = []

    func validate() throws {
        guard allocations > 0, allocations <= 9000 else { throw ValidationError("--allocations is 1 to 9000.") }
        guard size >= Payload.headerSize, size <= 1400, tail == 0 || tail >= Payload.headerSize && tail < size else {
            throw ValidationError("--size is \(Payload.headerSize) to 1400, --tail smaller.")
        }
        guard burst > 0, burst <= 32 else { throw ValidationError("--burst is 1 to 32.") }
        guard window >= burst + 1 else { throw ValidationError("--window holds a burst.") }
        guard transport == .udp || (way != .echo && through == .turn && tail == 0 && size % 4 == 0 && probes == nil) else {
            throw ValidationError("Streams go up or down through a TURN server, in sizes that need no padding.")
        }
    }

    func run() throws {
        let scene = try scene.scene()
        var pattern = Pattern()
        pattern.way = way
        pattern.size = size
        pattern.burst = burst
        pattern.tail = tail
        pattern.usesSegmentation = gso
        pattern.rate = rate
        pattern.window = window
        let run = Run(warmUp: Int64(warmUp * 1e9), duration: Int64(duration * 1e9), processes: process)
        let (tally, latency) = try count(run, scene, pattern)
        print(Report.line(tally, latency, bytesPerPacket: bytesPerPacket))
    }

    private func count(_ run: Run, _ scene: Scene, _ pattern: Pattern) throws -> (Tally, Histogram) {
        guard transport == .udp else {
            var load = try StreamLoad.opened(allocations, scene: scene, pattern: pattern, encrypted: transport == .tls)
            return try run.counting(&load)
        }
        var load = try UDPLoad.opened(open(in: scene), scene: scene, pattern: pattern)
        guard let probes else {
            if rate != nil, way == .echo { load.watch(process) }
            return try run.counting(&load)
        }
        var echo = Pattern()
        echo.way = .echo
        echo.size = size
        echo.rate = probes
        let beside = scene.beside()
        var probed = ProbedLoad(load: load, probes: try UDPLoad.opened(open(in: beside), scene: beside, pattern: echo))
        probed.probes.watch(process)
        return try run.counting(&probed)
    }

    private func open(in scene: Scene) throws -> [Opened] {
        try (0..<allocations).map { number in
            switch through {
            case .turn: try Opening.allocate(number, in: scene)
            case .forwarder: try Opening.forward(number, in: scene)
            case .direct: try Opening.direct(number, in: scene)
            }
        }
    }

    private var bytesPerPacket: Double { Double(burst * size + tail) / Double(burst + (tail > 0 ? 1 : 0)) }
}

extension Pattern.Way: ExpressibleByArgument {}

/// What the generator prints: times in nanoseconds.
enum Report {
    static func line(_ tally: Tally, _ latency: Histogram, bytesPerPacket: Double) -> String {
        let fields: [(String, Double)] = [
            ("sent", Double(tally.sent)), ("delivered", Double(tally.delivered)), ("lost", Double(tally.lost)),
            ("disturbed", Double(tally.disturbed)), ("timed", Double(latency.count)), ("late", Double(tally.late)), ("wrong", Double(tally.wrong)), ("messages", Double(tally.messages)),
            ("nanoseconds", Double(tally.at)), ("server_time", Double(tally.serverTime)),
            ("watched_time", Double(tally.watchedTime)), ("own_time", Double(tally.ownTime)),
            ("bytes_per_packet", bytesPerPacket), ("p50", Double(latency.quantile(0.5))),
            ("p99", Double(latency.quantile(0.99))),
        ]
        return "{" + fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
    }
}
