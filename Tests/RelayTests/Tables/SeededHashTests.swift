import NetPrimitives
@testable import Relay
import TestSupport
import Testing

@Suite("SeededHash")
struct SeededHashTests {
    private static let count = 20_000

    /// Of one address, with many of its ports: what one host can choose.
    private static func fiveTuples(_ ip: String) -> [FiveTuple] {
        (0..<count).map { port in
            FiveTuple(
                transport: .udp, client: TransportAddress(ip: IPAddress(literal: ip), port: UInt16(port)),
                server: TransportAddress(literal: "9.9.9.9:3478"))
        }
    }

    private static func hash(_ seed: UInt64) -> SeededHash {
        var random = SplitMix64(seed: seed)
        return SeededHash(using: &random)
    }

    @Test("places that neighbours fall on are spread as chance would", arguments: ["8.8.4.4", "2600::1"], [1, 2, 3] as [UInt64])
    func spread(_ ip: String, seed: UInt64) {
        let hash = Self.hash(seed)
        // So many of as many places stay empty by chance: 1/e, 7358; the standard deviation is 44.
        let taken = Set(Self.fiveTuples(ip).map { Int(hash.hash($0)) % Self.count })
        #expect(abs(Self.count - taken.count - 7358) < 300, "seed \(seed)")
        let ports = Set((0..<Self.count).map { Int(hash.hash(RelayedPort(rawValue: $0))) % Self.count })
        #expect(abs(Self.count - ports.count - 7358) < 300, "seed \(seed)")
    }

    @Test("what collides under one seed does not under another")
    func seeds() {
        let (one, other) = (Self.hash(1), Self.hash(2))
        let crowd = Self.fiveTuples("8.8.4.4").filter { one.hash($0) % 1024 == 5 }
        #expect(crowd.count > 5)
        #expect(crowd.count { other.hash($0) % 1024 == 5 } < crowd.count / 2)
    }

    @Test("every part of a five-tuple counts")
    func parts() {
        let fiveTuple = Self.fiveTuples("2600::1")[7]
        var others: [FiveTuple] = Array(repeating: fiveTuple, count: 5)
        others[0].transport = .tcp
        others[1].isSecured = true
        others[2].server.port += 1
        others[3].client.ip = .v6(0x2600_0000_0000_0001, 1)
        others[4].server.ip = IPAddress(literal: "9.9.9.8")
        let hash = Self.hash(4)
        #expect(Set((others + [fiveTuple]).map(hash.hash)).count == 6)
    }
}
