import Foundation
import Session
import Testing

@Suite("A moment for a person")
struct LocalTimeTests {
    @Test(
        "is told in their own time, and how that differs from UTC",
        arguments: [
            ("GMT", "2027-01-15 08:00:00 UTC"), ("Europe/Paris", "2027-01-15 09:00:00 UTC+01:00"),
            ("America/St_Johns", "2027-01-15 04:30:00 UTC-03:30"), ("Asia/Kathmandu", "2027-01-15 13:45:00 UTC+05:45"),
            ("Pacific/Kiritimati", "2027-01-15 22:00:00 UTC+14:00"), ("Pacific/Pago_Pago", "2027-01-14 21:00:00 UTC-11:00"),
        ])
    func zones(name: String, text: String) throws {
        let zone = try #require(TimeZone(identifier: name))
        let moment = Date(timeIntervalSince1970: 1_800_000_000)
        #expect(moment.localText(in: zone) == text)
        let line = SessionEventLine.invitation(code: "ABCDEF-GHJKMN", link: nil, file: nil, expires: moment)
        #expect(line.sentence(for: .sharer, peer: "", in: zone).hasSuffix("\nIt is good until \(text)."))
        #expect(line.json.contains(#""expires":"2027-01-15T08:00:00Z""#), "programs read UTC")
    }

    @Test("summer time is that of the moment, not of today")
    func summer() throws {
        let zone = try #require(TimeZone(identifier: "Europe/Paris"))
        #expect(Date(timeIntervalSince1970: 1_783_000_000).localText(in: zone) == "2026-07-02 15:46:40 UTC+02:00")
    }
}
