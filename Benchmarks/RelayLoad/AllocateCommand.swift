import ArgumentParser
import Glibc
import HostNetwork
import NetPrimitives

/// Makes allocations over UDP and holds them: how fast they come, and how much memory they take.
///
/// It says `ready` when its sockets are there and some first allocations are made, so that what a server makes once is
/// made; a line of input starts the rest, whose counts it prints as one JSON object; the input's end lets it go.
struct AllocateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "allocate", abstract: "Makes allocations and holds them.")

    @OptionGroup var scene: SceneOptions
    @Option(help: "Allocations that count.") var allocations = 2000
    @Option(help: "Allocations before them that do not.") var first = 64
    @Option(help: "Clients that wait for an answer at a time.") var outstanding = 64
    @Flag(help: "Each allocation binds a channel.") var channels = false
    @Option(help: "The server's process, then others whose time is watched.") var process: [Int32] = []

    func validate() throws {
        guard allocations > 0, first >= 0, allocations + first <= 16_000 else {
            throw ValidationError("--allocations and --first are 16000 together at most.")
        }
        guard outstanding > 0 else { throw ValidationError("--outstanding is 1 or more.") }
    }

    func run() throws {
        var rush = try AllocationRush(count: first + allocations, scene: try scene.scene(), withChannels: channels)
        try rush.make(first, outstanding: outstanding)
        print("ready")
        fflush(nil)
        _ = readLine()
        let before = measured()
        try rush.make(allocations, outstanding: outstanding)
        let after = measured()
        print(
            """
            {"allocations": \(allocations), "nanoseconds": \(after.at - before.at), "server_time": \(after.server - before.server), \
            "watched_time": \(after.watched - before.watched), "own_time": \(after.own - before.own), "repeated": \(rush.repeated)}
            """)
        fflush(nil)
        while readLine() != nil {}
    }

    private func measured() -> (at: Int64, server: Int64, watched: Int64, own: Int64) {
        (
            MonotonicClock.now().nanoseconds, process.first.map(ProcessTime.nanoseconds(of:)) ?? 0,
            process.dropFirst().reduce(0) { $0 + ProcessTime.nanoseconds(of: $1) }, ProcessTime.nanoseconds(of: getpid())
        )
    }
}
