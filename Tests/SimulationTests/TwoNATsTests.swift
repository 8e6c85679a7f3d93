import ICE
import NetPrimitives
import Testing

/// Every kind of home against every other: the best path that theory allows, and both sides of one mind about it.
@Suite struct TwoNATsTests {
    enum Side: String, CaseIterable, CustomTestStringConvertible {
        case open, cone, addressCone, portCone, symmetric, blocked
        case mappedCone, mappedAddressCone, mappedPortCone, mappedSymmetric

        var testDescription: String { rawValue }

        var home: VirtualInternet.Home {
            switch self {
            case .open: .init()
            case .cone: .init(nats: [.cone(.endpointIndependent)])
            case .addressCone: .init(nats: [.cone(.addressDependent)])
            case .portCone: .init(nats: [.cone(.addressAndPortDependent)])
            case .symmetric: .init(nats: [.symmetric])
            case .blocked: .init(nats: [.blocked])
            case .mappedCone: .init(nats: [.cone(.endpointIndependent)], opensPort: true)
            case .mappedAddressCone: .init(nats: [.cone(.addressDependent)], opensPort: true)
            case .mappedPortCone: .init(nats: [.cone(.addressAndPortDependent)], opensPort: true)
            case .mappedSymmetric: .init(nats: [.symmetric], opensPort: true)
            }
        }

        var isMapped: Bool {
            switch self {
            case .open, .cone, .addressCone, .portCone, .symmetric, .blocked: false
            case .mappedCone, .mappedAddressCone, .mappedPortCone, .mappedSymmetric: true
            }
        }
    }

    /// The best kind that these two homes can have.
    static func theory(_ left: Side, _ right: Side) -> PathKind {
        let pair = [left, right]
        if pair.contains(.blocked) { return .relayed }
        if left == .open, right == .open { return .direct }
        if left.isMapped || right.isMapped { return .mapped }
        // A symmetric NAT answers from a port that nobody could tell: a port-dependent filter, its own
        // kind's included, lets nothing of it in.
        if left == .symmetric, [.portCone, .symmetric].contains(right) { return .relayed }
        if right == .symmetric, left == .portCone { return .relayed }
        return .punched
    }

    static func simulate(
        _ left: Side, _ right: Side, seed: UInt64, conditions: LinkConditions = LinkConditions()
    ) -> VirtualInternet {
        var homes = (left.home, right.home)
        homes.0.conditions = conditions
        homes.1.conditions = conditions
        var roles = SeededGenerator(seed: ~seed)
        let first: Role = Bool.random(using: &roles) ? .controlling : .controlled
        var internet = VirtualInternet(
            homes, roles: (first, first == .controlling ? .controlled : .controlling), seed: seed)
        internet.run(for: .seconds(15)) { $0.areConnected }
        // Candidates that were under way at the selection may still tell its kind.
        internet.run(for: .milliseconds(300))
        return internet
    }

    @Test("on a clean network the best kind wins, alike on both sides", arguments: Side.allCases)
    func matrix(_ left: Side) {
        for right in Side.allCases {
            for repetition in 0..<10 {
                let seed = Seeds.seed(left.rawValue, right.rawValue, repetition)
                let internet = Self.simulate(left, right, seed: seed)
                #expect(internet.disagreement == nil, "\(left)–\(right), seed \(seed): \(internet.story)")
                let kind = internet.peers[0].agent.active.selectedPair?.kind
                #expect(
                    kind == Self.theory(left, right), "\(left)–\(right), seed \(seed): \(internet.story)")
            }
        }
    }

    @Test(
        "with a tenth of all packets lost, some twice and out of order, it connects all the same",
        arguments: Side.allCases)
    func lossyMatrix(_ left: Side) {
        var runs = 0
        var best = 0
        for right in Side.allCases {
            for repetition in 0..<10 {
                let seed = Seeds.seed("lossy", left.rawValue, right.rawValue, repetition)
                let internet = Self.simulate(
                    left, right, seed: seed,
                    conditions: LinkConditions(
                        delay: .milliseconds(5)...(.milliseconds(60)), loss: 0.1, duplication: 0.05))
                #expect(internet.disagreement == nil, "\(left)–\(right), seed \(seed): \(internet.story)")
                guard let kind = internet.peers[0].agent.active.selectedPair?.kind else { continue }
                let theory = Self.theory(left, right)
                #expect(kind <= theory, "\(left)–\(right), seed \(seed): \(internet.story)")
                runs += 1
                if kind == theory { best += 1 }
            }
        }
        print("lossy \(left): \(best) of \(runs) by the best kind")
        #expect(best * 100 >= runs * 95)
    }
}
