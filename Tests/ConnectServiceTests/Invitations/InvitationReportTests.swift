@testable import ConnectService
import Foundation
@testable import Rendezvous
import Testing

@Suite("How an invitation stands, for its owner")
struct InvitationReportTests {
    private static let now = UnixTime(seconds: 1_795_000_000)

    private func report(_ answer: OwnerRequest.Answer?, isHeld: Bool = true, expires: Int = 3600) throws -> InvitationReport {
        let folder = FileManager.default.temporaryDirectory.appending(path: "report-\(UUID().uuidString)").path
        let ownership = try #require(InvitationOwnership(lookup: "ABC123", token: "0123456789ABCDEFGHJKMNPQR0"))
        let text = """
            {"relay":"https://relay.example.org","id":"ABC123","owner":"\(ownership.exposedToken)","ceiling":"control",\
            "made":"\(Self.now)","expires":"\(Self.now.advanced(bySeconds: expires))"}
            """
        let record = try JSONDecoder().decode(InvitationRecord.self, from: Data(text.utf8))
        let held = try InvitationRecords(folder: folder).hold(record)
        defer { held.remove() }
        var found = try #require(InvitationRecords(folder: folder).all(at: Self.now).first)
        found.isHeld = isHeld
        return answer.map { InvitationReport(found, answer: $0, at: Self.now) } ?? InvitationReport(found, unreachable: "No relay answers.")
    }

    private static let later = now.advanced(bySeconds: 7200)

    @Test(
        "each answer has its word for programs and its sentence for people",
        arguments: [
            (.status(InvitationStatus(state: .open, expires: later)), true, "open", "is good until 2026-11-18 13:06:40 UTC."),
            (.status(InvitationStatus(state: .away, expires: later)), true, "away", "its program is getting the relay back."),
            (.status(InvitationStatus(state: .away, expires: later)), false, "away", "the program that made it has ended: nobody can come by it."),
            (.status(InvitationStatus(state: .inUse, expires: later)), true, "in-use", "your helper is here, and nobody else can come by it."),
            (.status(InvitationStatus(state: .used, expires: later)), true, "used", "was used."),
            (.status(InvitationStatus(state: .burnt, expires: later)), true, "burnt", "is void: its code was guessed at three times."),
            (.closed(.revoked), true, "revoked", "was taken back."), (.closed(.expired), true, "expired", "has expired."),
            (.extended(later), true, "open", "is good until 2026-11-18 13:06:40 UTC."),
            (.gone, true, "gone", "is not known to the relay any more."),
            (.refused(.rateLimited), true, "unknown", "wait, and try again."), (nil, true, "unreachable", "No relay answers."),
            (.refused(.notAllowed), true, "not-allowed", "stays as it is. This relay does not let you invite from this network: ask who runs it."),
        ] as [(OwnerRequest.Answer?, Bool, String, String)])
    func words(answer: OwnerRequest.Answer?, isHeld: Bool, word: String, ending: String) throws {
        let report = try report(answer, isHeld: isHeld)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
        #expect(object["state"] as? String == word)
        #expect(object["running"] as? Bool == isHeld)
        #expect(object["made"] as? String == "2026-11-18T11:06:40Z")
        #expect(Set(object.keys) == ["id", "state", "running", "made", "expires", "ceiling", "relay"])
        #expect(report.sentence(in: .gmt).hasSuffix(ending) && report.sentence(in: .gmt).contains("he invitation ABC123"))
        #expect(report.isOpen == ["open", "away", "unreachable", "unknown", "not-allowed"].contains(word))
        #expect(report.isUnknown == ["unreachable", "unknown"].contains(word) && report.isUnreachable == (word == "unreachable"))
        #expect(!report.json.contains("0123456789ABCDEFGHJKMNPQR0") && !"\(report)".contains("0123456789ABCDEFGHJKMNPQR0"))
    }

    @Test("what the relay has forgotten has expired, if its time is over")
    func forgotten() throws {
        #expect(try report(.gone, expires: 0).state == .known(.expired))
        #expect(try report(.gone, expires: 1).state == .forgotten)
    }

    @Test("a table has a line for each, in the person's own time")
    func table() throws {
        let zone = try #require(TimeZone(secondsFromGMT: 5 * 3600 + 1800))
        let reports = [try report(.status(InvitationStatus(state: .open, expires: Self.later))), try report(nil)]
        #expect(
            InvitationReport.table(reports, in: zone) == """
                ID      STATE              MADE                           GOOD UNTIL                     ALLOWS         RELAY
                ABC123  open               2026-11-18 16:36:40 UTC+05:30  2026-11-18 18:36:40 UTC+05:30  view, control  https://relay.example.org
                ABC123  relay not reached  2026-11-18 16:36:40 UTC+05:30  2026-11-18 17:36:40 UTC+05:30  view, control  https://relay.example.org
                """)
    }
}
