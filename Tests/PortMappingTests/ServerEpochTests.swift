import NetPrimitives
import PortMapping
import Testing

@Suite("A router's epoch")
struct ServerEpochTests {
    /// The first answer says 1000 at time zero; the second, `passed` seconds later, says `second`.
    @Test(
        "tells a restart from a clock that differs (RFC 6887 §8.5)",
        arguments: [
            (1100, 100, true), (999, 0, true), (998, 0, false), (1000, 0, true), (0, 100, false),
            // up to two seconds and a sixteenth on either side
            (1098, 100, true), (1092, 100, true), (1091, 100, false), (1108, 100, true), (1109, 100, false),
            (4_294_967_295, 10, false),
        ] as [(UInt32, Int64, Bool)])
    func pcp(_ second: UInt32, _ passed: Int64, _ isValid: Bool) {
        var epoch = ServerEpoch(.pcp)
        #expect(epoch.accept(1000, at: .zero) == true)
        #expect(epoch.accept(second, at: .zero + .seconds(passed)) == isValid)
    }

    @Test(
        "of NAT-PMP may be fast, and a seventh of an eighth slow (RFC 6886 §3.6)",
        arguments: [(1086, 100, true), (1085, 100, true), (1084, 100, false), (9000, 100, true), (998, 0, true), (997, 0, false)]
            as [(UInt32, Int64, Bool)])
    func natPMP(_ second: UInt32, _ passed: Int64, _ isValid: Bool) {
        var epoch = ServerEpoch(.natPMP)
        #expect(epoch.accept(1000, at: .zero) == true)
        #expect(epoch.accept(second, at: .zero + .seconds(passed)) == isValid)
    }

    @Test("is compared with the last one, also after a restart; no time traps")
    func afterwards() {
        for rule in [ServerEpoch.Rule.pcp, .natPMP] {
            var epoch = ServerEpoch(rule)
            _ = epoch.accept(.max, at: Instant(nanoseconds: .max))
            #expect(epoch.accept(0, at: Instant(nanoseconds: .min)) == false)
            #expect(epoch.accept(10, at: Instant(nanoseconds: .min) + .seconds(10)) == true)
        }
    }
}
