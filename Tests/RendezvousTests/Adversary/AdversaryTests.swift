@testable import Rendezvous
import Testing

/// A relay that reads, drops, delays, reorders, repeats, reflects, alters and invents, message by message: it learns no secret
/// and changes no session. It can keep people from meeting; what it cannot do is be one of them.
@Suite("A relay that plays the adversary")
struct AdversaryTests {
    @Test("without it there is a session, and nothing secret is on the wires", arguments: InvitationKey.Kind.allCases)
    func undisturbed(_ kind: InvitationKey.Kind) throws {
        let meeting = Wiretap(kind)
        #expect(meeting.isTheRightSession)
        #expect(meeting.violation == nil)
        #expect(Set(meeting.seen.map(\.wire)) == Set(Wiretap.Wire.allCases))
        // The secrets are the real ones: the key that was worked out is the one that opens the boxes.
        let key = try #require(meeting.sessionKey)
        var channel = SealedChannel(sessionKey: key, side: .sharer)
        let boxes = meeting.seen.compactMap { line -> [UInt8]? in
            guard line.wire == .fromHelper, case .opaque(_, let payload)? = try? ClientMessage(parsing: line.text),
                case .sealed(let box, epoch: 0)? = try? PeerMessage(parsing: payload)
            else { return nil }
            return box
        }
        let box = try #require(boxes.first)
        #expect(try PeerPayload(parsing: channel.open(box)) == Wiretap.helperPayloads[0])
        #expect(meeting.leak == nil)
    }

    @Test("what would leak is found, in hexadecimal and in base64 at whichever offset", arguments: 0..<3)
    func leaks(_ offset: Int) {
        let meeting = Wiretap()
        for secret in meeting.secrets {
            let hex = secret.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            for form in [Base64URL.encode(Array("xyz".utf8.prefix(offset)) + secret + Array("w".utf8)), hex.uppercased()] {
                #expect(meeting.leak(in: "{\"payload\":\"\(form)\"}") != nil, "\(form)")
            }
        }
    }

    @Test("whatever it does to one message, the session is the right one or none", arguments: Mutation.allCases)
    func mutations(_ mutation: Mutation) {
        let (model, other) = (Wiretap(), Wiretap(seed: 2))
        #expect(model.seen.count >= 30)
        var (right, refused) = (0, 0)
        for (target, line) in model.seen.enumerated() {
            for variant in 0..<mutation.variants(line) {
                let meeting = mutation.meeting(target, variant: variant, model: model, other: other)
                let place = "\(mutation) \(variant) of line \(target): \(String(decoding: line.text.prefix(80), as: UTF8.self))"
                if let violation = meeting.violation { Issue.record("\(place): \(violation)") }
                if mutation != .alter, let leak = meeting.leak { Issue.record("\(place): \(leak) is on the wire") }
                if meeting.isTheRightSession { right += 1 } else { refused += 1 }
            }
        }
        // The hand was in it, and a meeting is not so frail that everything ends it.
        #expect(right > 0)
        switch mutation {
        case .deliverTwice, .repeatAtTheEnd: break
        default: #expect(refused > 0)
        }
    }

    @Test("a meeting recorded whole and played again to either side gets nowhere")
    func replayed() {
        let recorded = Wiretap()
        // The sharer's and the helper's programs hear the old relay's side, line by line, in a new meeting of their own.
        let lines = recorded.seen.filter { $0.wire == .toSharer || $0.wire == .toHelper }
        let replay = Wiretap(seed: 9, after: lines.map { line in { _ in line } }) { _, line in
            line.wire == .toSharer || line.wire == .toHelper ? [] : [line]
        }
        #expect(replay.verifiedBySharer.isEmpty && !replay.isVerifiedByHelper)
        #expect(replay.toSharer.isEmpty && replay.toHelper.isEmpty)
        #expect(replay.violation == nil)
    }
}
