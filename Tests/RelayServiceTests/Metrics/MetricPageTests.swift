import Foundation
import NetPrimitives
import Relay
@testable import RelayService
import Testing

@Suite("The metrics' page")
struct MetricPageTests {
    @Test("a family is a help line, a type line and its samples")
    func family() {
        var page = MetricPage()
        page.add("a_total", .counter, "Help.", [.init(labels: [.init(name: "why", value: "a \"b\"\\\n")], value: 2.5)])
        page.gauge("b", 3, "More.")
        #expect(
            page.text == """
                # HELP a_total Help.
                # TYPE a_total counter
                a_total{why="a \\"b\\"\\\\\\n"} 2.5
                # HELP b More.
                # TYPE b gauge
                b 3

                """)
    }

    @Test("a histogram's classes are cumulative, and the last one holds all")
    func histogram() {
        var histogram = DurationHistogram()
        histogram.record(.microseconds(5))
        histogram.record(.microseconds(20))
        histogram.record(.microseconds(20))
        histogram.record(.seconds(2))
        var page = MetricPage()
        page.histogram("d_seconds", histogram, "Help.")
        let lines = page.text.split(separator: "\n").dropFirst(2)
        #expect(lines.first == "d_seconds_bucket{le=\"1e-05\"} 1")
        #expect(lines.dropFirst().first == "d_seconds_bucket{le=\"3e-05\"} 3")
        #expect(lines.suffix(3).map(String.init) == ["d_seconds_bucket{le=\"+Inf\"} 4", "d_seconds_sum 2.000045", "d_seconds_count 4"])
    }

    @Test("docs/metrics.md names every metric and its type, and no other")
    func documented() throws {
        var snapshot = RelaySnapshot.example()
        snapshot.workers = [WorkerReport()]  // one to whom nothing has happened yet
        snapshot.operation.certificateEnd = .distantFuture
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/metrics.md")
        let documented = try String(contentsOf: path, encoding: .utf8).matches(of: /(?m)^\| `(\w+)` \| (\w+) \|/)
        #expect(documented.map { "\($0.1) \($0.2)" }.sorted() == snapshot.metrics.families.map { "\($0.name) \($0.kind)" }.sorted())
    }

    @Test("no user and no address is ever a label")
    func bounded() {
        let labels = RelaySnapshot.example().metrics.families.flatMap { $0.samples.flatMap(\.labels) }
        #expect(
            Set(labels.map(\.name)) == [
                "version", "worker", "transport", "family", "reason", "method", "code", "direction", "le", "kind", "result",
                "stage",
            ])
        #expect(!labels.contains { $0.value.contains(":") })
    }
}

extension RelaySnapshot {
    /// Two workers, one with traffic.
    static func example() -> RelaySnapshot {
        var worker = WorkerReport()
        worker.counters.requests.count(.allocate, 3)
        worker.counters.refused(.allocate, 401)
        worker.counters.relayed(.toPeer, bytes: 1000)
        worker.allocations.count(.udp, .ipv4)
        worker.allocations.count(.tls, .both)
        var operation = OperationState(started: Date(timeIntervalSince1970: 1_800_000_000))
        operation.place = OperationState.Place(
            url: "http://192.0.2.1:3478", realm: "r", udp: ["0.0.0.0:3478"], tcp: ["0.0.0.0:3478", "[::]:3478"])
        return RelaySnapshot(
            time: Date(timeIntervalSince1970: 1_800_090_061), operation: operation, process: ProcessReport(),
            workers: [worker, WorkerReport()], allocationsLimit: 8000, connections: ConnectionLimits.Report(),
            connectionsLimit: 6000, meetings: MeetingReport())
    }
}
