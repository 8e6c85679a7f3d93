/// The numbers that order candidates and pairs (RFC 8445 §5.1.2.1, §6.1.2.3).
public enum CandidatePriority {
    /// RFC 8445 §5.1.2.2 recommends 126, 110, 100 and 0. A mapped address beats a peer-reflexive one: the
    /// router promised it to whoever asks, for as long as its lease lives.
    public static func typePreference(of type: CandidateType, isMapped: Bool) -> UInt8 {
        switch type {
        case .host: 126
        case .serverReflexive: isMapped ? 115 : 100
        case .peerReflexive: 110
        case .relayed: 0
        }
    }

    /// 2²⁴ × type preference + 2⁸ × local preference + 256 − component, and never 0.
    public static func of(
        _ type: CandidateType, isMapped: Bool, localPreference: UInt16, component: UInt16 = 1
    ) -> UInt32 {
        let number =
            UInt32(typePreference(of: type, isMapped: isMapped)) << 24 | UInt32(localPreference) << 8
            | UInt32(256 - min(max(component, 1), 256))
        return max(number, 1)
    }

    /// RFC 6544 §4.2: the local preference's upper three bits are the direction's: of hosts and of what routers
    /// open, active 6, passive 4, so 2. Its lower thirteen are of the address. The type preference is one below
    /// UDP's, so that of two candidates alike the one that does not suffer from every loss twice is checked first.
    static func ofTCP(_ type: CandidateType, _ tcpType: TCPType, isMapped: Bool, localPreference: UInt16) -> UInt32 {
        let direction: UInt16 =
            switch tcpType {
            case .active: 6
            case .passive: 4
            case .simultaneousOpen: 2
            }
        let preference = direction << 13 | localPreference >> 3
        return of(type, isMapped: isMapped, localPreference: preference) - (type == .relayed ? 0 : 1 << 24)
    }

    /// The priority that a peer-reflexive candidate of `candidate`'s base has: PRIORITY's value (RFC 8445 §7.1.1).
    static func peerReflexive(from candidate: Candidate) -> UInt32 {
        UInt32(typePreference(of: .peerReflexive, isMapped: false)) << 24 | candidate.priority & 0x00FF_FFFF
    }

    /// 2³² × min(G, D) + 2 × max(G, D) + (G > D ? 1 : 0).
    ///
    /// - Parameters:
    ///   - controlling: G, the priority of the controlling agent's candidate.
    ///   - controlled: D, the priority of the controlled agent's candidate.
    public static func ofPair(controlling: UInt32, controlled: UInt32) -> UInt64 {
        // Below 2³¹ each, as the codec checks, so 2 × max stays below 2³²; a larger one only loses its rank.
        UInt64(min(controlling, controlled)) << 32 &+ UInt64(max(controlling, controlled)) &* 2
            &+ (controlling > controlled ? 1 : 0)
    }
}
