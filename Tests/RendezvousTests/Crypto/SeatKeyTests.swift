@testable import Rendezvous
import Testing

@Suite("The key to a seat")
struct SeatKeyTests {
    private let key = SeatKey(seed: MessageTests.seed)
    private let meeting = MessageTests.meeting

    @Test("a proof is an Ed25519 signature of side, meeting and number")
    func vector() {
        #expect(hex(key.publicKey) == "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
        #expect(
            hex(key.proof(of: .helper, in: meeting, number: 7))
                == "fe235f6125824c378181aa8fdda88990300c6822c6976fd0ce217eaf1dc014fe"
                + "c646491ffd4acff235c5d29d51ce73b28fe38d235029dad7644f21ed491a3e06")
    }

    @Test("it proves nothing else, and nobody else's does")
    func others() throws {
        let another = try #require(MeetingID("0123456789ABCDEFGHJKMNPQRG"))
        let proof = key.proof(of: .helper, in: meeting, number: 7)
        func verifies(
            _ proof: [UInt8], by publicKey: [UInt8]? = nil, of side: SealedChannel.Side = .helper, number: UInt32 = 7,
            in other: MeetingID? = nil
        ) -> Bool {
            SeatKey.verifies(proof, by: publicKey ?? key.publicKey, of: side, in: other ?? meeting, number: number)
        }
        #expect(verifies(proof))
        #expect(!verifies(proof, of: .sharer))
        #expect(!verifies(proof, number: 8))
        #expect(!verifies(proof, in: another))
        #expect(!verifies(proof, by: SeatKey(seed: Secret([UInt8](repeating: 1, count: 32))).publicKey))
        #expect(!verifies(proof, by: [UInt8](repeating: 0, count: 32)))
        #expect(!verifies(proof, by: []) && !verifies([]))
        for index in proof.indices {
            var altered = proof
            altered[index] ^= 1
            #expect(!verifies(altered))
        }
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }
}
