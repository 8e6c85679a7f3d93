import Foundation
import NetPrimitives
import PortMapping
import Synchronization
import Testing

@Suite("What stays open", .timeLimit(.minutes(1)))
struct MappingWorkerTests {
    private let request = MappingRequest(internalAddress: address("192.168.1.10:5000"), transport: .udp)
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path

    private var records: MappingRecords { MappingRecords(folder: folder) }
    private var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }

    @Test("a port whose answer was lost is closed at once")
    func lostAnswer() async {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let gateway = FakeGateway([.unanswered(.noRouter)])
        let mapper = Mapper(request, gateways: [{ gateway }], records: records)
        for await event in mapper.events { #expect(event == .failed(.upnp, .noRouter)) }  // it ends by itself
        #expect(gateway.asks.count == 1)
        withExtendedLifetime(mapper) {}
        #expect(gateway.released == [5000])
        #expect(files.isEmpty)
    }

    @Test("is written down before the router is asked, and struck off when it refuses", arguments: [
        .failed(.notAuthorized), .later(.outOfResources, after: .seconds(30)),
    ] as [Answer])
    func before(_ answer: Answer) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let seen = Mutex<[String]>([])
        let folder = folder
        let gateway = FakeGateway([answer], whenAsked: {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            let texts = names.map { (try? String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)) ?? "" }
            seen.withLock { $0 = texts }
        })
        let mapper = Mapper(request, gateways: [{ gateway }], records: records)
        for await _ in mapper.events { break }
        await mapper.close()
        let texts = seen.withLock { $0 }
        let text = try #require(texts.first)
        let record = try JSONDecoder().decode(MappingRecord.self, from: Data(text.utf8))
        #expect(record.external == "0.0.0.0:5000")
        #expect(record.internal == "192.168.1.10:5000")
        #expect(record.description == request.description)
        #expect(texts.count == 1)
        #expect(files.isEmpty)
        #expect(gateway.released.isEmpty)
    }

    @Test("what the router did not say to have closed is left to the next start", arguments: [
        (.closed, 0), (.refused, 1), (.unanswered, 1),
    ] as [(Release, Int)])
    func release(_ release: Release, _ left: Int) async {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let gateway = FakeGateway([grant()], releases: release)
        let mapper = Mapper(request, gateways: [{ gateway }], records: records)
        for await _ in mapper.events { break }
        #expect(files.count == 1)
        #expect(records.abandoned().isEmpty, "its program lives")
        await mapper.close()
        #expect(gateway.released == [5000])
        #expect(records.abandoned().count == left)
    }

    @Test("a dead port is closed at once, also when the session ends before another one is asked for")
    func dead() async {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let contest = MappingContest(contenders: 1, isRace: true)
        contest.receive(MappingContest.Verdict(external: address("11.22.33.21:5000"), isReachable: false))
        let gateway = FakeGateway([grant(), grant("11.22.33.21:50001")])
        var worker = MappingWorker(
            gateway: gateway, request: request, contender: contest.contender(0), records: records
        ) { if case .lost = $0 { contest.end() } }
        worker.run()
        #expect(gateway.released == [5000])
        #expect(gateway.asks.count == 1)
        #expect(files.isEmpty)
    }

    @Test("a dead port is not left open until another one is asked for")
    func deadTwice() async {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let gateway = FakeGateway([grant(), grant("11.22.33.21:50001")])
        let mapper = Mapper(request, gateways: [{ gateway }], records: records)
        var losses = 0
        for await event in mapper.events {
            if case .mapped(let mapping) = event { mapper.proved(mapping.external, isReachable: false) }
            if case .lost = event { losses += 1 }
            if losses == 2 { break }
        }
        #expect(gateway.released == [5000, 50001])
        #expect(files.isEmpty)
        await mapper.close()
        #expect(gateway.released == [5000, 50001])
    }

    @Test("two methods that got the same port leave nothing behind")
    func sameMapping() async {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let both = Rendezvous(2)
        let first = FakeGateway([grant()], whenAsked: { both.meet() })
        let second = FakeGateway([grant()], method: .pcp, whenAsked: { both.meet() })
        let mapper = Mapper(request, gateways: [{ first }, { second }], records: records)
        for await _ in mapper.events { break }
        await mapper.close()
        // Either table may have it; who lost closes it when that cannot close the winner's.
        #expect(first.released == [5000])
        #expect(second.released == [5000])
        #expect(files.isEmpty)
    }

    @Test("NAT-PMP, which names no mapping, closes nothing while another method's mapping leads to the same port of ours")
    func natPMP() async {
        let (settled, announce) = AsyncStream.makeStream(of: Void.self)
        let asked = DispatchSemaphore(value: 0)
        let loser = FakeGateway(
            [grant("10.0.0.2:6000")], method: .natPMP,
            whenResting: { if $0 > .seconds(60) { announce.yield() } })  // it holds, and waits for the others
        let winner = FakeGateway([grant("11.22.33.21:5000")], whenFound: { asked.wait() })
        let mapper = Mapper(request, gateways: [{ loser }, { winner }])
        for await event in mapper.events {
            if case .mapped(let mapping) = event, mapping.method == .upnp { break }
            asked.signal()
        }
        _ = await settled.first { true }
        #expect(loser.released.isEmpty)
        await mapper.close()
        #expect(loser.released == [6000])
        #expect(winner.released == [5000])
    }
}

/// Where threads wait until all have come.
private final class Rendezvous: Sendable {
    private let missing: Mutex<Int>
    private let gate = DispatchSemaphore(value: 0)

    init(_ count: Int) { missing = Mutex(count) }

    func meet() {
        let isLast = missing.withLock { missing in
            missing -= 1
            return missing == 0
        }
        if !isLast { gate.wait() }
        gate.signal()
    }
}
