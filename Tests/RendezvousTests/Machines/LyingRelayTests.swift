import NetPrimitives
import Rendezvous
import Testing

/// A relay that lies can only deny service: whatever it does to whichever message, neither side comes to
/// believe in a peer that does not hold the secret, nor takes a payload the other did not send.
@Suite("A relay that lies")
struct LyingRelayTests {
    enum Lie: CaseIterable, Sendable {
        case drop, replay, alterMiddle, alterLast, truncate, swapWithNext, reflect
    }

    private static let helperPayloads: [PeerPayload] = [
        .candidate(line: "candidate:h1", isMapped: false), .candidate(line: "candidate:h2", isMapped: true),
        .endOfCandidates(),
    ]
    private static let sharerPayloads: [PeerPayload] = [
        .candidate(line: "candidate:s1", isMapped: false), .candidate(line: "candidate:s2", isMapped: true),
        .endOfCandidates(),
    ]

    /// Messages to clients that carry payloads: two shares, two tags, three sealed each way.
    static let opaqueCount = 10

    private static func altered(_ payload: String, at offset: Int) -> String {
        var bytes = Array(payload.utf8)
        let index = offset < 0 ? bytes.count + offset : offset
        bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "about any one message changes nothing but whether it works",
        arguments: Lie.allCases, 0..<opaqueCount)
    func oneLie(_ lie: Lie, about target: Int) {
        oneLie(lie, about: target, helperIsEarly: false)
        oneLie(lie, about: target, helperIsEarly: true)
    }

    private func oneLie(_ lie: Lie, about target: Int, helperIsEarly: Bool) {
        var stage = Stage()
        if helperIsEarly { stage.earlyPayloads = Self.helperPayloads }
        let sharer = stage.sharer()
        let invitation = stage.invitation(of: sharer)
        var seen = 0
        var held: ServerMessage?
        var reflected: [(ServerMessage, Bool)] = []
        stage.onWayToClient = { message, id in
            guard case .opaque(let meeting, let payload) = message else { return [message] }
            defer { seen += 1 }
            if let late = held {
                held = nil
                return [message, late]
            }
            guard seen == target else { return [message] }
            switch lie {
            case .drop: return []
            case .replay: return [message, message, message]
            case .alterMiddle: return [.opaque(meeting, payload: Self.altered(payload, at: payload.utf8.count * 2 / 3))]
            case .alterLast: return [.opaque(meeting, payload: Self.altered(payload, at: -2))]
            case .truncate: return [.opaque(meeting, payload: String(payload.dropLast(4)))]
            case .swapWithNext:
                held = message
                return []
            case .reflect:
                reflected.append((message, id == sharer))
                return [message]
            }
        }
        let helper = stage.helper(invitation)
        if !helperIsEarly {
            for payload in Self.helperPayloads { stage.helpers[helper]?.send(payload) }
            stage.run()
        }
        for meeting in stage.verified(by: sharer) {
            for payload in Self.sharerPayloads { stage.sharers[sharer]?.send(payload, to: meeting) }
        }
        stage.run()
        for (message, cameToSharer) in reflected {
            if cameToSharer {
                stage.helpers[helper]?.receive(message.text, at: stage.now)
            } else {
                stage.sharers[sharer]?.receive(message.text)
            }
        }
        stage.run()

        // What was taken is what was sent, in order, without gaps: a prefix.
        let toSharer = stage.payloads(toSharer: sharer)
        #expect(toSharer == Array(Self.helperPayloads.prefix(toSharer.count)))
        let toHelper = stage.payloads(to: helper)
        #expect(toHelper == Array(Self.sharerPayloads.prefix(toHelper.count)))
        // Both sides of a verified pair hold the same secret, so at most the relay kept the last tag.
        if stage.isVerified(helper) { #expect(stage.verified(by: sharer).count == 1) }
        if lie == .replay, target >= 4 || lie == .reflect {
            #expect(toSharer == Self.helperPayloads && toHelper == Self.sharerPayloads)
        }
    }

    @Test("in the helper's place, without the secret, is a wrong guess")
    func relayAsHelper() throws {
        var stage = Stage()
        let sharer = stage.sharer()
        let owned = try #require(stage.sharers[sharer]?.invitation)
        var random = SeededRandom(seed: 3)
        let meeting = MessageTests.meeting
        let handshake = try HelperHandshake(
            lookup: owned.lookup, key: .randomCode(using: &random), meeting: meeting, using: &random)
        stage.sharers[sharer]?.receive(ServerMessage.helperArrived(owned.lookup, meeting).text)
        stage.sharers[sharer]?.receive(
            ServerMessage.opaque(meeting, payload: PeerMessage.helperShare(.code, handshake.share).payload).text)
        var said: [ClientMessage] = []
        while let text = stage.sharers[sharer]?.nextMessage() { said.append(try ClientMessage(parsing: text)) }
        guard case .opaque(_, let answer)? = said.first, case .sharerShare(let share) = try PeerMessage(parsing: answer)
        else {
            Issue.record("no share")
            return
        }
        let confirming = try handshake.receive(share: share)
        stage.sharers[sharer]?.receive(
            ServerMessage.opaque(meeting, payload: PeerMessage.confirm(confirming.tag).payload).text)
        // Nothing made from the key is ever said.
        #expect(try ClientMessage(parsing: stage.sharers[sharer]?.nextMessage() ?? []) == .refuse(meeting, .wrongCode))
        #expect(stage.sharers[sharer]?.nextMessage() == nil)
    }

    @Test("in the sharer's place, without the secret, is an impostor")
    func relayAsSharer() throws {
        var random = SeededRandom(seed: 4)
        let lookup = MessageTests.lookup
        let meeting = MessageTests.meeting
        var helper = HelperClient(
            invitation: Invitation(relay: nil, lookup: lookup, key: .randomCode(using: &random)),
            random: SeededRandom(seed: 5))
        helper.connectionOpened(at: .zero)
        helper.receive(ServerMessage.met(meeting).text, at: .zero)
        var share: [UInt8] = []
        while let text = helper.nextMessage() {
            if case .opaque(_, let payload) = try ClientMessage(parsing: text),
                case .helperShare(_, let bytes) = try PeerMessage(parsing: payload)
            {
                share = bytes
            }
        }
        let liar = try SharerHandshake(
            answering: share, lookup: lookup, key: .randomCode(using: &random), meeting: meeting, using: &random)
        helper.receive(
            ServerMessage.opaque(meeting, payload: PeerMessage.sharerShare(liar.share).payload).text, at: .zero)
        helper.receive(
            ServerMessage.opaque(
                meeting, payload: PeerMessage.confirm(Secret([UInt8](repeating: 0, count: 64))).payload
            ).text, at: .zero)
        var events: [HelperClient.Event] = []
        while let event = helper.nextEvent() { events.append(event) }
        #expect(events == [.met(meeting), .agreed(meeting), .ended(.impostor)])
        #expect(helper.send(.endOfCandidates()) == false)
    }

    @Test("that answers a helper with the identity, or with the helper's own share or tag, gets nowhere")
    func degenerateShares() throws {
        for answer in [Ristretto255.identity, [UInt8](repeating: 0xFF, count: 32)] {
            var stage = Stage()
            let sharer = stage.sharer()
            stage.onWayToClient = { message, id in
                if case .opaque(let meeting, _) = message, id != sharer {
                    return [.opaque(meeting, payload: PeerMessage.sharerShare(answer).payload)]
                }
                return [message]
            }
            _ = stage.helper(stage.invitation(of: sharer))
            #expect(stage.ends(of: stage.latest) == [.impostor])
        }
        var stage = Stage()
        let sharer = stage.sharer()
        var fromHelper: [PeerMessage] = []
        stage.onWayToClient = { message, id in
            guard case .opaque(_, let payload) = message else { return [message] }
            if id == sharer {
                if let said = try? PeerMessage(parsing: payload) { fromHelper.append(said) }
                return []
            }
            return [message]
        }
        let helper = stage.helper(stage.invitation(of: sharer))
        guard case .helperShare(_, let share)? = fromHelper.first else {
            Issue.record("no share")
            return
        }
        guard case .met(let meeting)? = stage.helperEvents[helper]?.first else {
            Issue.record("no meeting")
            return
        }
        // The loopback: the helper's own share and its own tag.
        let back = PeerMessage.sharerShare(share).payload
        stage.helpers[helper]?.receive(ServerMessage.opaque(meeting, payload: back).text, at: stage.now)
        stage.run()
        guard case .confirm(let tag)? = fromHelper.last else {
            Issue.record("no tag")
            return
        }
        let ownTag = PeerMessage.confirm(tag).payload
        stage.helpers[helper]?.receive(ServerMessage.opaque(meeting, payload: ownTag).text, at: stage.now)
        stage.run()
        #expect(stage.ends(of: helper) == [.impostor])
    }

    @Test(
        "that says every message at every moment traps nobody and verifies nobody", arguments: 0..<40 as Range<UInt64>)
    func nonsense(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var sharer = SharerClient(random: SeededRandom(seed: seed))
        var helper = HelperClient(
            invitation: Invitation(relay: nil, lookup: MessageTests.lookup, key: .randomLink(using: &random)))
        sharer.createInvitation(InvitationTerms())
        sharer.connectionOpened()
        helper.connectionOpened(at: .zero)
        let payloads = PeerTests.messages.map(\.payload)
        for _ in 0..<300 {
            var message = MessageTests.serverMessages.randomElement(using: &random) ?? .gone
            if case .opaque(let meeting, _) = message {
                message = .opaque(meeting, payload: payloads.randomElement(using: &random) ?? "")
            }
            sharer.receive(message.text)
            helper.receive(message.text, at: .zero)
            switch UInt8.random(in: 0..<20, using: &random) {
            case 0: sharer.connectionClosed()
            case 1: sharer.connectionOpened()
            case 2: sharer.createInvitation(InvitationTerms())
            case 3: sharer.extend(lifetime: 5)
            default: break
            }
        }
        while let event = sharer.nextEvent() {
            if case .helperVerified = event { Issue.record("verified nobody, seed \(seed)") }
        }
        while let event = helper.nextEvent() {
            if case .verified = event { Issue.record("verified nobody, seed \(seed)") }
        }
    }

    @Test("that announces helpers without end fills no table")
    func floodOfHelpers() throws {
        var stage = Stage()
        let sharer = stage.sharer()
        let owned = try #require(stage.sharers[sharer]?.invitation)
        var random = SeededRandom(seed: 8)
        for _ in 0..<1000 {
            stage.sharers[sharer]?.receive(ServerMessage.helperArrived(owned.lookup, .random(using: &random)).text)
        }
        stage.run()
        let left = stage.sharerEvents[sharer]?.count { if case .peerLeft = $0 { true } else { false } }
        #expect(left == 1000 - 16)
    }
}
