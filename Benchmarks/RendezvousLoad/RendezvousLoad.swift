import ArgumentParser
import Foundation
import NIOCore
import NIOPosix

/// The load of `Benchmarks/bench-rendezvous`: sharers who wait, and helpers who come and meet them. Every message goes through our
/// own client machines, key exchange and sealed channel included, and everything that arrives is compared with what was sent.
@main
struct RendezvousLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Waits and meets at a relay on 127.0.0.1, checks, and counts.")

    @Option(help: "The relay's port.") var port: Int
    @Option(help: "Sharers who wait, each with an invitation open.") var present = 10_000
    @Option(help: "People besides, who are there for contacts.") var contacts = 0
    @Option(help: "Contacts who may see each of them.") var allowed = 100
    @Option(help: "Meetings that are begun per second.") var rate = 500.0
    @Option(help: "Seconds of meetings that count.") var duration = 20.0
    @Option(help: "Seconds of meetings before them, which do not.") var warmUp = 3.0
    @Option(help: "Candidates that each side tells the other.") var candidates = 4

    func validate() throws {
        guard (1...65_535).contains(port) else { throw ValidationError("--port: 1 to 65535.") }
        guard present > 0, present <= 60_000, rate >= 0, duration > 0, warmUp >= 0, (0...8).contains(candidates),
            (0...60_000).contains(contacts), (0...500).contains(allowed)
        else {
            throw ValidationError("That is no load.")
        }
    }

    /// Prints a line of JSON when all are there, waits for a line of input, meets, and prints another line.
    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let load = Load(
            loop: group.next(), port: port, plan: Plan(rate: rate, duration: duration, warmUp: warmUp, candidates: candidates))
        try await load.gather(present, contacts: contacts, allowed: allowed)
        Self.tell("{\"present\":\(present)}")
        guard readLine() != nil else { return }
        Self.tell(try await load.meet().json)
        await load.end()
        try await group.shutdownGracefully()
    }

    /// A line, at once: whoever reads it waits for it.
    private static func tell(_ line: String) { try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8)) }
}

/// How the meetings come.
struct Plan: Sendable {
    /// Per second.
    var rate: Double
    /// Seconds.
    var duration: Double
    var warmUp: Double
    var candidates: Int
}
