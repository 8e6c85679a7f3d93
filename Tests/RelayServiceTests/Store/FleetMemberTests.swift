import Logging
import NetPrimitives
@testable import RelayService
import Rendezvous
import Synchronization
import Testing

@Suite("FleetMember")
struct FleetMemberTests {
    static let (one, two) = (RelayURL(String("https://one.example.org"))!, RelayURL(String("https://two.example.org"))!)

    @Test("a known node is not dead because the database was away, and one that leaves is not at home")
    func view() {
        let nodes = [RelayNode(url: Self.one)]
        #expect(FleetMember.view(from: Self.one, nodes, known: []).nodes == [Self.one])
        #expect(FleetMember.view(from: Self.one, nodes, known: [Self.two]).nodes == [Self.one, Self.two])
        let leaving = FleetMember.view(from: Self.one, nodes + [RelayNode(url: Self.two, isLeaving: true)], known: [Self.two])
        #expect(leaving.nodes == [Self.one] && leaving.leaving == [Self.two])
    }

    @Test("after a database that was away, or took seconds, nodes that are known have the time that a node lives to tell of themselves")
    func grace() {
        var grace = BeatGrace()
        func answered(_ milliseconds: Int) -> Bool { grace.answered(at: .zero + .milliseconds(milliseconds)) }
        #expect([0, 1000, 2000, 4000].map(answered) == [false, false, false, false])
        // No call failed: one took 3.5 seconds.
        #expect([7500, 8500, 9500, 10_400, 10_500, 11_500].map(answered) == [true, true, true, true, false, false])
        #expect(answered(60_000))
        // A database that goes on being slow is never the reason to take a node for dead.
        #expect([62_500, 65_000, 67_900, 69_000, 70_000, 70_900].map(answered) == [true, true, true, true, true, false])
    }

    @Test("a relay without a fleet's database is a fleet of its own, wherever it is called by")
    func alone() async throws {
        let fleet = CurrentFleet()
        let folder = TemporaryFolder()
        var configuration = ServeConfiguration()
        configuration.stateDirectory = folder.path
        let opened = try OpenedState(configuration, directory: StateDirectory(configured: folder.path))
        let seen = Mutex<[FleetView]>([])
        fleet.follow { view in seen.withLock { $0.append(view) } }
        let member = try await FleetMember.join(fleet, configuration, url: "https://one.example.org", opened: opened, logger: StoreThreadsTests.logger)
        #expect(member == nil && fleet.view == FleetView(here: Self.one) && fleet.isReachable)
        fleet.set(FleetView(here: Self.one))
        #expect(seen.withLock { $0 } == [FleetView(here: Self.one)])
    }

    @Test("members with one database learn of each other, say when they leave, and are forgotten when they have ended",
          .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed: Tools/install-packages test"))
    func members() async throws {
        let store = try StoreKind.postgres()
        let fleets = [CurrentFleet(), CurrentFleet()]
        let members = zip([Self.one, Self.two], fleets).map { url, fleet in
            FleetMember(url: url, store: store.another(), fleet: fleet, logger: StoreThreadsTests.logger)
        }
        // A slow machine may take longer for a beat than a node lives: they go on telling of themselves.
        func until(_ condition: () -> Bool) async {
            for _ in 0..<1000 where !condition() { for member in members { await member.beat() } }
            #expect(condition())
        }
        await until { fleets[1].view == FleetView(here: Self.two, others: [Self.one]) }
        await members[1].leave()
        await until { fleets[0].view == FleetView(here: Self.one, leaving: [Self.two]) }
        await members[1].end()
        await members[0].beat()
        #expect(fleets[0].view == FleetView(here: Self.one))
        await members[0].end()
        #expect(try store.link.run("SELECT url FROM node").rows.isEmpty)
    }
}
