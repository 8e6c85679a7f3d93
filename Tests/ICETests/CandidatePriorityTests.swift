import ICE
import Testing

@Suite struct CandidatePriorityTests {
    @Test("RFC 8445's type preferences, and the mapped one between them")
    func typePreferences() {
        #expect(CandidatePriority.typePreference(of: .host, isMapped: false) == 126)
        #expect(CandidatePriority.typePreference(of: .serverReflexive, isMapped: true) == 115)
        #expect(CandidatePriority.typePreference(of: .peerReflexive, isMapped: false) == 110)
        #expect(CandidatePriority.typePreference(of: .serverReflexive, isMapped: false) == 100)
        #expect(CandidatePriority.typePreference(of: .relayed, isMapped: false) == 0)
    }

    @Test("RFC 8445 §5.1.2.1's formula, in the numbers of RFC 8839's examples")
    func candidates() {
        // RFC 8839 §5.1 and appendix A: a host and a server-reflexive candidate of component 1.
        #expect(CandidatePriority.of(.host, isMapped: false, localPreference: 65_535) == 2_130_706_431)
        #expect(CandidatePriority.of(.serverReflexive, isMapped: false, localPreference: 65_535) == 1_694_498_815)
        #expect(CandidatePriority.of(.host, isMapped: false, localPreference: 65_535, component: 2) == 2_130_706_430)
        #expect(CandidatePriority.of(.relayed, isMapped: false, localPreference: 65_535) == 16_777_215)
    }

    @Test("a component of 256 and no preference at all still make a positive number")
    func neverZero() {
        #expect(CandidatePriority.of(.relayed, isMapped: false, localPreference: 0, component: 256) == 1)
    }

    @Test("RFC 8445 §6.1.2.3's pair priority, with its tie-breaking bit")
    func pairs() {
        let host: UInt32 = 2_130_706_431
        let reflexive: UInt32 = 1_694_498_815
        #expect(
            CandidatePriority.ofPair(controlling: host, controlled: reflexive)
                == UInt64(reflexive) << 32 + 2 * UInt64(host) + 1)
        #expect(
            CandidatePriority.ofPair(controlling: reflexive, controlled: host)
                == UInt64(reflexive) << 32 + 2 * UInt64(host))
        #expect(CandidatePriority.ofPair(controlling: 1, controlled: 1) == 1 << 32 + 2)
    }

    @Test("the largest numbers do not trap")
    func extremes() {
        _ = CandidatePriority.ofPair(controlling: .max, controlled: .max)
        #expect(CandidatePriority.ofPair(controlling: 0, controlled: 0) == 0)
    }
}
