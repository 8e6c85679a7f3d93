@testable import Rendezvous
import Testing

/// Who the other side of a meeting is, beyond that it holds the secret.
@Suite("Proof of who one is, within a meeting")
struct MeetingProofTests {
    static let ann = ContactStage.identity(1)
    static let bob = ContactStage.identity(2)

    /// A sharer and a helper who have met, each with an identity or none; and the descriptions that each got of the other.
    static func descriptions(
        sharer: PersonIdentity?, helper: PersonIdentity?, early: Bool
    ) -> (atSharer: PeerDescription?, atHelper: PeerDescription?) {
        var random = SeededRandom(seed: 5)
        var (sharer, stage) = (SharerClient(identity: sharer, random: SeededRandom(seed: 1)), Stage())
        sharer.createInvitation(InvitationTerms())
        sharer.connectionOpened()
        let sharerID = stage.connect()
        stage.sharers[sharerID] = sharer
        stage.run()
        let helperID = stage.connect()
        stage.helpers[helperID] = HelperClient(
            invitation: stage.invitation(of: sharerID), identity: helper, random: SeededRandom(seed: UInt64.random(in: 0...9, using: &random)))
        if early { stage.earlyPayloads = [.description(PeerTests.peer)] }
        stage.helpers[helperID]?.connectionOpened(at: stage.now)
        stage.run()
        if !early { stage.helpers[helperID]?.send(.description(PeerTests.peer)) }
        if let meeting = stage.verified(by: sharerID).first {
            stage.sharers[sharerID]?.send(.description(PeerTests.peer), to: meeting)
        }
        stage.run()
        func description(_ payloads: [PeerPayload]) -> PeerDescription? {
            payloads.compactMap { if case .description(let peer) = $0 { peer } else { nil } }.first
        }
        return (description(stage.payloads(toSharer: sharerID)), description(stage.payloads(to: helperID)))
    }

    @Test("each side is told the key that the other has proven, early or late; who has none proves none", arguments: [false, true])
    func both(early: Bool) throws {
        let keys = Self.descriptions(sharer: Self.ann, helper: Self.bob, early: early)
        #expect(keys.atSharer?.identity == Self.bob.key)
        #expect(keys.atHelper?.identity == Self.ann.key)
        let one = Self.descriptions(sharer: nil, helper: Self.bob, early: early)
        #expect(one.atSharer?.identity == Self.bob.key)
        #expect(try #require(one.atHelper).identity == nil)
        let none = Self.descriptions(sharer: nil, helper: nil, early: early)
        #expect(none.atSharer == PeerTests.peer && none.atHelper == PeerTests.peer)
    }

    @Test("a proof of the other side, of another meeting or of another key is none, and the rest of the description holds")
    func wrongProofs() {
        let binding = Secret([UInt8](repeating: 7, count: 32))
        let other = Secret([UInt8](repeating: 8, count: 32))
        let payload = PeerPayload.description(PeerTests.peer)
        let good = payload.proving(Self.ann, as: .helper, binding: binding)
        #expect(good.proven(by: .helper, binding: binding) == good)
        #expect(good.proven(by: .sharer, binding: binding) == payload)
        #expect(good.proven(by: .helper, binding: other) == payload)
        guard case .description(var stolen) = good else { return }
        stolen.identity = Self.bob.key
        #expect(PeerPayload.description(stolen).proven(by: .helper, binding: binding) == payload)
        stolen.proof = nil
        #expect(PeerPayload.description(stolen).proven(by: .helper, binding: binding) == payload)
        // Nobody speaks for another by setting the field.
        #expect(good.proving(nil, as: .helper, binding: binding) == payload)
    }

    @Test("both sides of one run bind their proofs to the same value, and another run to another")
    func bindings() {
        let key = Secret((0..<64).map { UInt8($0) })
        let (helper, sharer) = (SealedChannel(sessionKey: key, side: .helper), SealedChannel(sessionKey: key, side: .sharer))
        #expect(helper.binding == sharer.binding)
        #expect(helper.binding != SealedChannel(sessionKey: Secret([UInt8](repeating: 1, count: 64)), side: .helper).binding)
        #expect(Base64URL.encode(helper.binding.exposed) == "__n4Cn0RDs8fnf9_GeMrEhW_J7_-CyxzLE0cPtXMgII")
    }

    @Test("a description with key and proof reads back, and fits what travels early")
    func wire() throws {
        var peer = PeerTests.peer
        peer.name = String(repeating: "n", count: 128)
        let payload = PeerPayload.description(peer).proving(Self.ann, as: .sharer, binding: Secret([1]))
        #expect(try PeerPayload(parsing: payload.text) == payload)
        #expect(payload.text.count <= EarlyPayloads.maximumSize)
        let text = String(decoding: payload.text, as: UTF8.self)
        #expect(text.contains(#""identity":"iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w""#))
        for broken in [
            text.replacing(#""identity":"ioj"#, with: #""identity":"oj"#), text.replacing(#""proof":""#, with: #""proof":"A"#),
            text.replacing(#""proof""#, with: #""prof""#),
        ] {
            #expect(throws: MessageError.malformed) { try PeerPayload(parsing: Array(broken.utf8)) }
        }
    }

    @Test("a card is proven as a description is, and reads back")
    func cards() throws {
        let address = try #require(PersonAddress("ann@relay.example.org"))
        let payload = PeerPayload.card(PersonCard(address))
        let binding = Secret([UInt8](repeating: 7, count: 32))
        #expect(String(decoding: payload.text, as: UTF8.self) == #"{"address":"ann@relay.example.org","type":"card"}"#)
        let good = payload.proving(Self.ann, as: .helper, binding: binding)
        #expect(try PeerPayload(parsing: good.text) == good)
        guard case .card(let card) = good.proven(by: .helper, binding: binding) else { throw MessageError.malformed }
        #expect(card.key == Self.ann.key && card.address == address)
        #expect(good.proven(by: .sharer, binding: binding) == payload)
        #expect(good.proven(by: .helper, binding: Secret([1])) == payload)
        for broken in [#"{"type":"card"}"#, #"{"type":"card","address":"ann"}"#, #"{"type":"card","address":"a@r","identity":"A"}"#] {
            #expect(throws: MessageError.malformed) { try PeerPayload(parsing: Array(broken.utf8)) }
        }
    }
}
