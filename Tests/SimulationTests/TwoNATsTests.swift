import ICE
import NetPrimitives
import Testing

/// Every kind of home against every other: the best path that theory allows, and both sides of one mind about it.
@Suite struct TwoNATsTests {
    /// A home by its name, which is part of the seed.
    struct Side: Hashable, CustomTestStringConvertible {
        let name: String

        var testDescription: String { name }

        init(_ name: String) { self.name = name }

        /// `open`, `blocked`, or `mapping/filtering`, with `+door` for a router that opens ports when asked and `+ports`
        /// for one that keeps the inner port outside.
        var home: VirtualInternet.Home {
            guard name != "open" else { return .init() }
            guard name != "blocked" else { return .init(nats: [.blocked]) }
            let words = name.split(separator: "+")
            let kinds = words[0].split(separator: "/").map { NATBehavior.Dependency(rawValue: String($0)) }
            let nat = NATBehavior(
                mapping: kinds[0] ?? .endpointIndependent, filtering: kinds[1] ?? .endpointIndependent,
                preservesPorts: words.contains("ports"))
            return .init(nats: [nat], opensPort: words.contains("door"))
        }

        /// Mapping × filtering × preservation of ports, no NAT, no UDP, and routers that open a door.
        static let all: [Side] = {
            var names = ["open", "blocked"]
            for mapping in NATBehavior.Dependency.allCases {
                for filtering in NATBehavior.Dependency.allCases {
                    names += ["\(mapping.rawValue)/\(filtering.rawValue)", "\(mapping.rawValue)/\(filtering.rawValue)+ports"]
                }
            }
            for filtering in NATBehavior.Dependency.allCases {
                names.append("endpointIndependent/\(filtering.rawValue)+ports+door")
            }
            return (names + ["addressAndPortDependent/addressAndPortDependent+door"]).map(Side.init)
        }()

        /// Those that people have at home.
        static let common: [Side] =
            [
                "open", "blocked", "endpointIndependent/endpointIndependent+ports",
                "endpointIndependent/addressDependent+ports", "endpointIndependent/addressAndPortDependent+ports",
                "addressAndPortDependent/addressAndPortDependent",
                "endpointIndependent/addressAndPortDependent+ports+door",
                "addressAndPortDependent/addressAndPortDependent+door",
            ].map(Side.init)
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
        return internet
    }

    /// Twenty-four homes on either side, eighteen times each: 10,368 runs.
    private static let repetitions = 18

    @Test("on a clean network the best path that theory allows is there within three seconds, alike on both sides", arguments: Side.all)
    func matrix(_ left: Side) {
        for right in Side.all {
            let theory = Oracle.bestKind(left.home, right.home)
            for repetition in 0..<Self.repetitions {
                let seed = Seeds.seed(left.name, right.name, repetition)
                var internet = Self.simulate(left, right, seed: seed)
                internet.run(for: .seconds(3)) { $0.isSettled(on: theory) }
                #expect(internet.disagreement == nil, "\(left.name)–\(right.name), seed \(seed): \(internet.story)")
                #expect(
                    internet.peers[0].agent.active.selectedPair?.kind == theory,
                    "\(left.name)–\(right.name), seed \(seed): \(internet.story)")
            }
        }
    }

    @Test("no home finds a better path than theory allows, however long it looks", arguments: Side.common)
    func noMiracles(_ left: Side) {
        for right in Side.common {
            var internet = Self.simulate(left, right, seed: Seeds.seed("miracle", left.name, right.name))
            internet.run(for: .seconds(40))
            #expect(internet.disagreement == nil, "\(left.name)–\(right.name): \(internet.story)")
            #expect(
                internet.peers[0].agent.dataPair?.kind == Oracle.bestKind(left.home, right.home),
                "\(left.name)–\(right.name): \(internet.story)")
        }
    }

    @Test("with a tenth of all packets lost, some twice and out of order, it is the same path in the end", arguments: Side.common)
    func lossyMatrix(_ left: Side) {
        for right in Side.common {
            let theory = Oracle.bestKind(left.home, right.home)
            for repetition in 0..<10 {
                let seed = Seeds.seed("lossy", left.name, right.name, repetition)
                var internet = Self.simulate(
                    left, right, seed: seed,
                    conditions: LinkConditions(
                        delay: .milliseconds(5)...(.milliseconds(60)), loss: 0.1, duplication: 0.05))
                #expect(internet.areConnected, "\(left.name)–\(right.name), seed \(seed): \(internet.story)")
                // Candidates that were under way at the selection may still tell its kind.
                internet.run(for: .milliseconds(300))
                for peer in internet.peers {
                    let kind = peer.agent.active.selectedPair?.kind ?? .relayed
                    #expect(kind <= theory, "\(left.name)–\(right.name), seed \(seed): \(internet.story)")
                }
                // What the first choice has missed a restart finds.
                internet.run(for: .seconds(20)) { $0.isSettled(on: theory) }
                #expect(
                    internet.isSettled(on: theory),
                    "\(left.name)–\(right.name), seed \(seed): \(internet.disagreement ?? "") \(internet.story)")
            }
        }
    }
}
