import Rendezvous
import Testing

@Suite("Moments as RFC 3339 text")
struct UnixTimeTests {
    @Test(
        "known moments",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_000_000_000, "2001-09-09T01:46:40Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] as [(UInt64, String)])
    func known(_ seconds: UInt64, _ text: String) {
        #expect(UnixTime(seconds: seconds).description == text)
        #expect(UnixTime(text) == UnixTime(seconds: seconds))
    }

    @Test("every day of four centuries reads back as itself")
    func roundTrip() {
        for day in stride(from: 0 as UInt64, to: 146_097, by: 1) {
            let time = UnixTime(seconds: day * 86_400 + day % 86_400)
            if UnixTime(time.description) != time { Issue.record("\(time.seconds) reads back differently") }
        }
    }

    @Test("offsets and fractions are understood")
    func offsets() {
        #expect(UnixTime("1970-01-01T01:00:00+01:00") == UnixTime(seconds: 0))
        #expect(UnixTime("1969-12-31T23:00:00-01:00") == nil)  // a year before 1970
        #expect(UnixTime("1970-01-01t00:00:01.999z") == UnixTime(seconds: 1))
    }

    @Test(
        "what is no moment is refused",
        arguments: [
            "", "2026-11-21", "2026-02-30T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T00:60:00Z",
            "2026-11-21T00:00:61Z", "2026-11-21 00:00:00Z", "2026-11-21T00:00:00", "2026-11-21T00:00:00.Z",
            "2026-11-21T00:00:00+1:00", "2026-11-21T00:00:00+24:00", "1970-01-01T00:00:00+01:00",
            "+026-11-21T00:00:00Z", "2026-00-21T00:00:00Z", "2026-11-21T00:00:00ZZ", "９９９９-11-21T00:00:00Z",
        ])
    func malformed(_ text: String) { #expect(UnixTime(text) == nil) }

    @Test("moments beyond the calendar saturate")
    func saturating() {
        #expect(UnixTime(seconds: .max).advanced(bySeconds: .max).description == "9999-12-31T23:59:59Z")
    }
}
