@testable import ConnectService
import Foundation
import HostNetwork
import NetPrimitives
import Session
import Testing

@Suite("The record of past sessions")
struct SessionHistoryTests {
    private func history() -> SessionHistory {
        let folder = FileManager.default.temporaryDirectory.appending(path: "history-\(UUID().uuidString)").path
        return SessionHistory(path: folder + "/state/history.jsonl")
    }

    private func record(
        _ peer: String = "Helge", path: String? = "relayed", tried: [SessionRecord.Tried] = [], findings: [SessionRecord.Finding]? = []
    ) -> SessionRecord {
        SessionRecord(
            started: "2026-11-21T07:00:00Z", seconds: 35, role: "sharer", peer: peer, elapsed_ms: path.map { _ in 412 },
            path: path.map { .init(kind: $0, transport: "udp", local: "192.168.1.10:4000", remote: "11.22.33.10:50000") },
            tried: tried, findings: findings, ended: .init(reason: path == nil ? "no-path" : "finished", detail: ""))
    }

    private func tried(_ kind: String, _ result: String, why: String = "no answer") -> SessionRecord.Tried {
        .init(local: "192.168.1.10:4000", remote: "11.22.33.22:5000", kind: kind, result: result, ms: 3750, why: why)
    }

    @Test("what was written is read, in order, and is its owner's alone")
    func writeAndRead() throws {
        let history = history()
        #expect(history.records.isEmpty)
        try history.append(record("A"))
        try history.append(record("B", tried: [tried("punched", "failed")]))
        #expect(history.records == [record("A"), record("B", tried: [tried("punched", "failed")])])
        let mode = try FileManager.default.attributesOfItem(atPath: history.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("what a later version has added, and a line that is broken, are left out")
    func laterVersions() throws {
        let history = history()
        try history.append(record("A"))
        let handle = try #require(FileHandle(forWritingAtPath: history.path))
        try handle.seekToEnd()
        let later = record("C").json.dropFirst()
        try handle.write(contentsOf: Data("{\"started\":\n\u{0}\n{\"allowed\":[\"control\"],\(later)\n".utf8))
        try handle.close()
        #expect(history.records.map(\.peer) == ["A", "C"])
    }

    @Test("the file is bounded: the older half is forgotten")
    func bounded() throws {
        let history = history()
        let long = tried("punched", "failed", why: String(repeating: "x", count: 200))
        let full = record(tried: Array(repeating: long, count: SessionRecord.pairLimit))
        for number in 0..<100 {
            var record = full
            record.seconds = Int64(number)
            try history.append(record)
            let size = try FileManager.default.attributesOfItem(atPath: history.path)[.size] as? Int
            #expect((size ?? .max) <= SessionHistory.maximumBytes)
        }
        let kept = history.records.map(\.seconds)
        #expect(kept.last == 99)
        #expect(kept.count > 10)
        #expect(kept == Array((100 - Int64(kept.count))..<100))
        let mode = try FileManager.default.attributesOfItem(atPath: history.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("of a file that grew beyond its bound the newest part counts, and the next record makes it small and private again")
    func overgrown() throws {
        let history = history()
        try history.append(record("first"))
        let handle = try #require(FileHandle(forWritingAtPath: history.path))
        try handle.seekToEnd()
        var line = Data(record("long", tried: Array(repeating: tried("punched", "failed"), count: 100)).json.utf8)
        line.append(UInt8(ascii: "\n"))
        for _ in 0...(3 * SessionHistory.maximumBytes / line.count) { try handle.write(contentsOf: line) }
        try handle.write(contentsOf: Data((record("newest").json + "\n").utf8))
        try handle.close()
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: history.path)
        #expect(history.records.last?.peer == "newest")
        try history.append(record("next"))
        #expect(history.records.suffix(2).map(\.peer) == ["newest", "next"])
        let attributes = try FileManager.default.attributesOfItem(atPath: history.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect((attributes[.size] as? Int ?? .max) <= SessionHistory.maximumBytes)
    }

    @Test("programs that end at once lose nothing of each other")
    func atOnce() async throws {
        let history = history()
        let long = tried("punched", "failed", why: String(repeating: "x", count: 200))
        let full = record(tried: Array(repeating: long, count: SessionRecord.pairLimit))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<3 {
                group.addTask {
                    for number in 0..<40 {
                        var record = full
                        record.peer = "\(writer)"
                        record.seconds = Int64(number)
                        try history.append(record)
                    }
                }
            }
            try await group.waitForAll()
        }
        let kept = history.records
        #expect(kept.count > 10)
        for writer in 0..<3 {
            let numbers = kept.filter { $0.peer == "\(writer)" }.map(\.seconds)
            #expect(numbers == Array((40 - Int64(numbers.count))..<40), "of each the newest, without a gap")
        }
    }

    @Test("a recorder keeps the best that was known of each pair")
    func recorder() throws {
        let history = history()
        var recorder = SessionRecorder(history: history, from: MonotonicClock.now() - .seconds(90))
        func pair(_ remote: String, _ result: TriedPair.Result) -> TriedPair {
            TriedPair(local: "192.168.1.10:4000", remote: remote, kind: .punched, result: result, milliseconds: 9, why: result.rawValue)
        }
        let path = PathDescription(kind: .relayed, transport: .udp, local: "192.168.1.10:4000", remote: "11.22.33.10:50000")
        recorder.connected(elapsedMilliseconds: 412, path: path, tried: [pair("1.1.1.1:1", .frozen), pair("2.2.2.2:2", .failed)])
        recorder.end(
            .finished, "", role: .helper, peer: "Sharon",
            tried: [pair("1.1.1.1:1", .failed), pair("2.2.2.2:2", .frozen), pair("3.3.3.3:3", .succeeded)],
            findings: [RouterFinding(local: "192.168.1.10:4000", external: nil, why: "no address")])
        let record = try #require(history.records.first)
        #expect(record.tried.map(\.result) == ["failed", "failed", "succeeded"])
        #expect(record.role == "helper" && record.peer == "Sharon" && record.elapsed_ms == 412)
        #expect(record.path?.kind == "relayed" && record.ended.reason == "finished")
        #expect(record.findings == [.init(local: "192.168.1.10:4000", external: nil, why: "no address")])
        #expect(record.seconds >= 90)
        let started = try Date(record.started, strategy: .iso8601)
        #expect(started.timeIntervalSinceNow < -89)
    }

    @Test("what was asked, allowed and taken back is written down with its time, and how much went over")
    func consents() throws {
        let history = history()
        var recorder = SessionRecorder(history: history, from: MonotonicClock.now())
        recorder.met(fingerprint: "AA:BB")
        let start = Date(timeIntervalSince1970: 1_795_000_000)
        let events: [SessionEvent] = [
            .request(id: 1, .view, from: "Helge", detail: ""), .granted(.view, by: .sharer), .startSharing,
            .request(id: 2, .control, from: "Helge", detail: "please"), .denied(.control, by: .timeout), .paused, .resumed,
            .granted(.control, by: .sharer), .input(.move(x: 1, y: 2)), .input(.move(x: 2, y: 2)), .chat(from: "Helge", text: "secret"),
            .revoked(.control, by: .sharer), .stopSharing,
        ]
        for (second, event) in events.enumerated() { recorder.ledger.note(event, at: start.addingTimeInterval(Double(second))) }
        recorder.ledger.sentPicture(bytes: 1000)
        recorder.ledger.sentPicture(bytes: 500)
        recorder.ledger.sentMessage()
        recorder.end(.finished, "", role: .sharer, peer: "Helge", tried: [], findings: [])
        let record = try #require(history.records.first)
        #expect(record.verified == "code" && record.fingerprint == "AA:BB" && record.consents_left_out == nil)
        let told = record.consents?.map { [$0.at, $0.what, $0.kind ?? "-", $0.by ?? "-"].joined(separator: " ") }
        #expect(
            told == [
                "2026-11-18T11:06:40Z asked view -", "2026-11-18T11:06:41Z granted view sharer", "2026-11-18T11:06:43Z asked control -",
                "2026-11-18T11:06:44Z denied control timeout", "2026-11-18T11:06:45Z paused - -", "2026-11-18T11:06:46Z resumed - -",
                "2026-11-18T11:06:47Z granted control sharer", "2026-11-18T11:06:51Z revoked control sharer",
            ])
        #expect(record.sent == .init(pictures: 2, bytes: 1500, messages: 1) && record.received == .init(inputs: 2, messages: 1))
        #expect(record.summary(in: .gmt).hasSuffix(", allowed: view and control, ended: finished"))
        let zone = try #require(TimeZone(secondsFromGMT: 3600))
        #expect(record.explanation(in: zone).contains("""
            Helge had the right code, and a program with the key AA:BB.

            WHEN                           WHAT     OF       BY
            2026-11-18 12:06:40 UTC+01:00  asked    view     -
            2026-11-18 12:06:41 UTC+01:00  granted  view     sharer

            """))
        #expect(record.explanation().contains("Sent: 2 pictures of the screen (1500 bytes), 1 message.\nReceived: 2 inputs of mouse and keyboard, 1 message.\n"))
        #expect(!record.json.contains("secret") && !record.json.contains("please"), "what was said is kept nowhere")
    }

    @Test("of a session without end the first consent and the newest are kept")
    func manyConsents() {
        var ledger = SessionLedger()
        ledger.note(.granted(.view, by: .sharer), at: .now)
        for _ in 0..<500 { ledger.note(.paused, at: .now) }
        ledger.note(.resumed, at: .now)
        #expect(ledger.consents.count == SessionRecord.consentLimit && ledger.leftOut == 502 - SessionRecord.consentLimit)
        #expect(ledger.consents.first?.what == "granted" && ledger.consents.last?.what == "resumed")
    }

    @Test("the last session is explained: each way, its time, its failure, and what to do")
    func explanation() {
        let record = record(tried: [
            tried("punched", "failed"),
            .init(local: "11.22.33.10:50000", remote: "11.22.33.22:5000", kind: "relayed", result: "succeeded", ms: 40, why: "chosen"),
        ])
        #expect(
            record.explanation(in: .gmt) == """
                2026-11-21 07:00:00 UTC: you shared your screen with Helge.
                Connected after 412 ms over udp, relayed: everything goes through the relay.
                From 192.168.1.10:4000 to 11.22.33.10:50000.
                After 35 s: The session is over.

                LOCAL              REMOTE            KIND     RESULT     TIME     WHY
                192.168.1.10:4000  11.22.33.22:5000  punched  failed     3750 ms  no answer
                11.22.33.10:50000  11.22.33.22:5000  relayed  succeeded  40 ms    chosen

                → Nothing came through by any other way, so one of the two routers uses another port for each destination, \
                or a firewall keeps peers out: run ra-probe on both computers. Where it expects “relayed”, switch on UPnP, \
                NAT-PMP or PCP in the router's settings, or choose a less strict NAT there.
                """)
    }

    @Test(
        "advice is for the relay, and for nothing at all",
        arguments: [
            ("punched", ["failed"], nil), ("relayed", ["failed"], "Nothing came through"), ("relayed", [], "There was nothing to try"),
            ("relayed", ["failed", "frozen"], "The relay was there first"), ("relayed", ["failed", "succeeded"], "Another way worked"),
            (nil, [], "Run ra-probe on both"), (nil, ["failed", "frozen"], "It was over before every way"),
            (nil, ["failed"], "Nothing came through by any way"),
        ] as [(String?, [String], String?)])
    func advice(_ path: String?, _ results: [String], _ beginning: String?) {
        let advice = record(path: path, tried: results.map { tried("punched", $0) }).advice
        #expect(advice.map { $0.hasPrefix(beginning ?? "?") } ?? (beginning == nil))
    }

    @Test("where not even the relay's way came through, it is said")
    func relayFailed() {
        let record = record(path: nil, tried: [tried("punched", "failed"), tried("relayed", "failed")])
        #expect(record.advice?.hasPrefix("Nothing came through, not by the relay either.") == true)
    }

    @Test("what is wrong with the router's door is the advice, and no candidate")
    func findings() throws {
        let finding = SessionRecord.Finding(
            local: "192.168.1.10:4000", external: "100.64.0.2:4000", why: "the router's own address is shared: ask the provider")
        for (path, pairs) in [("relayed", []), ("relayed", [tried("punched", "failed")]), (nil, [])] as [(String?, [SessionRecord.Tried])] {
            let record = record(path: path, tried: pairs, findings: [finding])
            #expect(record.advice == "The router's own address is shared: ask the provider.")
            #expect(record.explanation().contains(
                "\nThe port 192.168.1.10:4000, opened as 100.64.0.2:4000: the router's own address is shared: ask the provider.\n"))
        }
        #expect(record(path: "punched", findings: [finding]).advice == nil)
        let object = try JSONSerialization.jsonObject(with: Data(record(findings: [finding]).json.utf8)) as? [String: Any]
        #expect((object?["findings"] as? [[String: String]])?.first?["external"] == "100.64.0.2:4000")
        #expect((object?["tried"] as? [Any])?.isEmpty == true)
    }

    @Test("records of before there were findings are read")
    func withoutFindings() throws {
        let json = try #require(record(findings: nil).json.data(using: .utf8))
        #expect(!String(decoding: json, as: UTF8.self).contains("findings"))
        #expect(try JSONDecoder().decode(SessionRecord.self, from: json).findings == nil)
    }

    @Test("what the other side calls itself does not steer the terminal")
    func hostileName() {
        let record = record("a\u{1B}[2J\nb")
        for text in [record.summary(), record.explanation()] {
            #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && $0 != "\u{7F}") })
        }
        #expect(!record.summary().contains("\n"))
        #expect(!record.json.contains("\n"))
    }
}
