import NetPrimitives
import Testing

@Suite("Duration as people write it")
struct DurationHumanTextTests {
    @Test("units are read, and the largest is written", arguments: [
        ("90s", 90, "90s"), ("120s", 120, "2m"), ("30m", 1800, "30m"), ("1h", 3600, "1h"), ("24h", 86_400, "1d"), ("7d", 604_800, "7d"),
    ] as [(String, Int, String)])
    func read(text: String, seconds: Int, written: String) throws {
        let duration = try #require(Duration(humanText: text))
        #expect(duration == .seconds(seconds))
        #expect(duration.humanText == written)
    }

    @Test("anything else is refused", arguments: ["", "h", "1", "0s", "-1h", "1.5h", "1w", "h1", "99999d", " 1h", "999999999999999999999s"])
    func refused(text: String) { #expect(Duration(humanText: text) == nil) }
}
