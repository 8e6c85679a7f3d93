import Rendezvous
import Testing

private typealias Draft = CPaceDraftVectors

@Suite("CPace against the draft's vectors")
struct CPaceTests {
    private func party(_ role: CPaceParty.Role, _ scalar: [UInt8], _ associatedData: [UInt8]) throws -> CPaceParty {
        try CPaceParty(
            role: role, password: Secret(Draft.password), channel: Draft.channel, session: Draft.session,
            associatedData: associatedData, scalar: Secret(scalar))
    }

    @Test("lengths are prepended in LEB128", arguments: 0..<3)
    func prependLength(_ index: Int) {
        let (count, prefix) = Draft.prependedLengths[index]
        let bytes = (0..<count).map { UInt8($0) }
        #expect(CPace.prependLength(bytes) == prefix + bytes)
    }

    @Test("a length of more than 14 bits takes three bytes")
    func threeByteLength() {
        #expect(CPace.prependLength([UInt8](repeating: 0, count: 1 << 14)).prefix(3) == [0x80, 0x80, 0x01])
    }

    @Test("lv_cat and the transcripts are the draft's")
    func strings() {
        #expect(CPace.lvCat(Array("1234".utf8), Array("5".utf8), [], Array("678".utf8)) == Draft.lvCat)
        func message(_ share: String, _ party: String) -> CPace.Message {
            CPace.Message(share: Array(share.utf8), associatedData: Array(party.utf8))
        }
        let first = (message("123", "PartyA"), message("234", "PartyB"))
        #expect(CPace.transcript(initiator: first.0, responder: first.1) == Draft.transcriptInOrder)
        #expect(CPace.transcript(unordered: first.0, first.1) == Draft.transcriptUnordered)
        #expect(CPace.transcript(unordered: first.1, first.0) == Draft.transcriptUnordered)
        let second = (message("3456", "PartyA"), message("2345", "PartyB"))
        #expect(CPace.transcript(initiator: second.0, responder: second.1) == Draft.secondTranscriptInOrder)
        #expect(CPace.transcript(unordered: second.0, second.1) == Draft.secondTranscriptUnordered)
    }

    @Test("the generator is the draft's")
    func generator() {
        let password = Secret(Draft.password)
        #expect(
            CPace.generatorString(password: password, channel: Draft.channel, session: Draft.session)
                == Draft.generatorString)
        #expect(
            CPace.generator(password: password, channel: Draft.channel, session: Draft.session) == Draft.generator)
    }

    @Test("a password that fills the block leaves no room for zeros, and nothing traps")
    func longPassword() {
        let string = CPace.generatorString(
            password: Secret([UInt8](repeating: 7, count: 500)), channel: [], session: [])
        #expect(string.suffix(3) == [0, 0, 0])
    }

    @Test("shares and the session key of initiator and responder are the draft's")
    func initiatorResponder() throws {
        let initiator = try party(.initiator, Draft.scalarA, Draft.associatedDataA)
        let responder = try party(.responder, Draft.scalarB, Draft.associatedDataB)
        #expect(initiator.message.share == Draft.shareA)
        #expect(responder.message.share == Draft.shareB)
        #expect(Ristretto255.scalarMultiplyVerify(Secret(Draft.scalarA), Draft.shareB) == Draft.secretPoint)
        #expect(Ristretto255.scalarMultiplyVerify(Secret(Draft.scalarB), Draft.shareA) == Draft.secretPoint)
        let expected = Secret(Draft.sessionKeyInitiatorResponder)
        #expect(try initiator.sessionKey(with: responder.message) == expected)
        #expect(try responder.sessionKey(with: initiator.message) == expected)
    }

    @Test("the session key without roles is the draft's")
    func symmetric() throws {
        let one = try party(.symmetric, Draft.scalarA, Draft.associatedDataA)
        let other = try party(.symmetric, Draft.scalarB, Draft.associatedDataB)
        #expect(try one.sessionKey(with: other.message) == Secret(Draft.sessionKeySymmetric))
        #expect(try other.sessionKey(with: one.message) == Secret(Draft.sessionKeySymmetric))
    }

    @Test("scalar_mult_vfy of a valid point is the draft's")
    func validPoint() {
        #expect(
            Ristretto255.scalarMultiplyVerify(Secret(Draft.validScalar), Draft.validPoint) == Draft.validProduct)
    }

    @Test("invalid encodings and the identity abort", arguments: CPaceDraftVectors.invalidPoints)
    func invalidPoints(_ point: [UInt8]) throws {
        #expect(Ristretto255.scalarMultiplyVerify(Secret(Draft.validScalar), point) == Ristretto255.identity)
        let honest = try party(.responder, Draft.scalarB, Draft.associatedDataB)
        #expect(throws: CPaceAborted()) {
            try honest.sessionKey(with: CPace.Message(share: point, associatedData: []))
        }
    }

    @Test("a share of the wrong length aborts", arguments: [0, 1, 31, 33, 64])
    func wrongLength(_ count: Int) throws {
        let honest = try party(.initiator, Draft.scalarA, Draft.associatedDataA)
        #expect(throws: CPaceAborted()) {
            try honest.sessionKey(
                with: CPace.Message(share: [UInt8](repeating: 1, count: count), associatedData: []))
        }
    }

    @Test("another password, channel, session or associated data makes another key")
    func bound() throws {
        func key(
            password: String = "secret", channel: String = "ci", session: String = "sid", peer: String = "b"
        ) throws -> Secret {
            var random = SeededRandom(seed: 5)
            let initiator = try CPaceParty(
                role: .initiator, password: Secret("secret".utf8), channel: Array("ci".utf8),
                session: Array("sid".utf8), associatedData: [], using: &random)
            let responder = try CPaceParty(
                role: .responder, password: Secret(password.utf8), channel: Array(channel.utf8),
                session: Array(session.utf8), associatedData: [], using: &random)
            let ours = try responder.sessionKey(with: initiator.message)
            let theirs = try initiator.sessionKey(
                with: CPace.Message(share: responder.message.share, associatedData: peer == "b" ? [] : [1]))
            #expect((ours == theirs) == (password == "secret" && channel == "ci" && session == "sid" && peer == "b"))
            return ours
        }
        _ = try key()
        _ = try key(password: "Secret")
        _ = try key(channel: "CI")
        _ = try key(session: "dis")
        _ = try key(peer: "c")
    }
}
