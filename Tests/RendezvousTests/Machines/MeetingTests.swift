import NetPrimitives
@testable import Rendezvous
import Testing

@Suite("A sharer and helpers meet at an honest relay")
struct MeetingTests {
    @Test(
        "code or link: both verify, credentials come, payloads pass both ways", arguments: InvitationKey.Kind.allCases)
    func meet(_ kind: InvitationKey.Kind) throws {
        var stage = Stage()
        let sharer = stage.sharer()
        let helper = stage.helper(stage.invitation(of: sharer, kind))
        #expect(stage.isVerified(helper))
        let meeting = try #require(stage.verified(by: sharer).first)
        #expect(stage.sharerEvents[sharer]?.contains(.helperVerified(meeting, kind)) == true)

        let description = PeerPayload.description(
            PeerDescription(
                name: "Ann", fingerprint: "sha-256 AA:BB", usernameFragment: "abcd",
                password: "abcdefghijklmnopqrstuv"))
        let candidate = PeerPayload.candidate(line: "candidate:1 1 udp 1 192.0.2.1 5 typ host", isMapped: true)
        #expect(stage.helpers[helper]?.send(description) == true)
        #expect(stage.helpers[helper]?.send(candidate) == true)
        #expect(stage.sharers[sharer]?.send(.endOfCandidates(), to: meeting) == true)
        stage.run()
        #expect(stage.payloads(toSharer: sharer) == [description, candidate])
        #expect(stage.payloads(to: helper) == [.endOfCandidates()])
    }

    @Test("what a helper says right behind its tag comes right behind it, and what is too much comes later, in order")
    func earlyPayloads() throws {
        var stage = Stage()
        // More than a relay carries before it is confirmed, and one that is larger than it takes.
        stage.earlyPayloads = (0..<40).map { number in
            .candidate(line: "candidate:\(number)\(String(repeating: "x", count: number == 3 ? 800 : 0))", isMapped: false)
        }
        let sharer = stage.sharer()
        let helper = stage.helper(stage.invitation(of: sharer))
        #expect(stage.isVerified(helper))
        #expect(stage.payloads(toSharer: sharer) == stage.earlyPayloads)
        let heard = try #require(stage.heard[sharer])
        #expect(!heard.contains(.error(.wrongState)) && stage.heard[helper]?.contains(.error(.wrongState)) == false)
        // The share, the tag and the three before the large one: nothing else before the helper was verified.
        let words = heard.compactMap { if case .opaque(_, let payload) = $0 { payload.split(separator: " ").first } else { nil } }
        #expect(words.prefix(5) == ["share", "confirm", "sealed", "sealed", "sealed"])
    }

    @Test("of what waits for the sharer's proof there is an end")
    func earlyPayloadsAreBounded() {
        var early = EarlyPayloads()
        let large = [UInt8](repeating: 0, count: EarlyPayloads.maximumSize + 1)
        #expect((0..<EarlyPayloads.maximumCount).allSatisfy { _ in early.admit([1]) == .sent })
        #expect((0..<EarlyPayloads.maximumWaiting).allSatisfy { _ in early.admit(large) == .waits })
        #expect(early.admit([1]) == .refused)
    }

    @Test("a guesser's early payloads tell the sharer nothing, and cost one guess")
    func earlyGuess() {
        var stage = Stage()
        stage.earlyPayloads = [.endOfCandidates()]
        let sharer = stage.sharer()
        let guesser = stage.helper(stage.wrongInvitation(of: sharer))
        #expect(stage.ends(of: guesser) == [.wrongCode])
        #expect(stage.payloads(toSharer: sharer).isEmpty)
        #expect(stage.sharerEvents[sharer]?.contains { if case .payloadRejected = $0 { true } else { false } } == false)
    }

    @Test("the helper gets credentials only after the sharer confirmed, and they name no look-up")
    func credentials() throws {
        var stage = Stage()
        let sharer = stage.sharer()
        let lookup = stage.invitation(of: sharer).lookup
        let helper = stage.helper(stage.invitation(of: sharer))
        let heard = try #require(stage.heard[helper])
        let credentials = try #require(
            heard.firstIndex { if case .credentials = $0 { true } else { false } })
        let opaque = heard.indices.filter { if case .opaque = heard[$0] { true } else { false } }
        #expect(opaque.count == 2 && opaque[0] < credentials && credentials < opaque[1])
        if case .credentials(_, let turn) = heard[credentials] {
            #expect(!turn.username.contains(lookup.text))
            #expect(turn.expires == stage.wallClock.advanced(bySeconds: 12 * 3600))
        }

        let other = stage.sharer()
        let guesser = stage.helper(stage.wrongInvitation(of: other))
        #expect(stage.heard[guesser]?.contains { if case .credentials = $0 { true } else { false } } == false)
    }

    @Test("a relay without TURN gives none, and all else works")
    func noTURN() {
        var stage = Stage(turn: false)
        let sharer = stage.sharer()
        let helper = stage.helper(stage.invitation(of: sharer))
        #expect(stage.isVerified(helper))
    }

    @Test("a used invitation is gone, and its meeting goes on")
    func usedUp() throws {
        var stage = Stage()
        let sharer = stage.sharer()
        let invitation = stage.invitation(of: sharer)
        let first = stage.helper(invitation)
        #expect(stage.invitationEnds(of: sharer) == [.used])
        let second = stage.helper(invitation)
        #expect(stage.ends(of: second) == [.gone])
        let meeting = try #require(stage.verified(by: sharer).first)
        stage.sharers[sharer]?.send(.endOfCandidates(), to: meeting)
        stage.run()
        #expect(stage.payloads(to: first) == [.endOfCandidates()])
    }

    @Test("an invitation for three serves three, and the fourth finds nothing")
    func severalUses() {
        var stage = Stage()
        let sharer = stage.sharer(InvitationTerms(uses: 3))
        let invitation = stage.invitation(of: sharer)
        let helpers = (0..<4).map { _ in stage.helper(invitation) }
        #expect(helpers.map { stage.isVerified($0) } == [true, true, true, false])
        #expect(stage.ends(of: helpers[3]) == [.gone])
        #expect(Set(stage.verified(by: sharer)).count == 3)
    }

    @Test("three wrong guesses burn the code, and a new one comes on the same connection")
    func burnt() throws {
        var stage = Stage()
        let sharer = stage.sharer()
        let invitation = stage.invitation(of: sharer)
        let wrong = stage.wrongInvitation(of: sharer)
        for left in [2, 1, 0] {
            let guesser = stage.helper(wrong)
            #expect(stage.ends(of: guesser) == [.wrongCode])
            let said = stage.sharerEvents[sharer]?.contains {
                if case .wrongGuess(_, left) = $0 { true } else { false }
            }
            #expect(said == true)
        }
        #expect(stage.invitationEnds(of: sharer) == [.burnt])
        _ = stage.helper(invitation)
        #expect(stage.ends(of: stage.latest) == [.gone])
        #expect(stage.store.find(invitation.lookup)?.state == .burnt)

        stage.sharers[sharer]?.createInvitation(InvitationTerms())
        stage.run()
        let new = stage.invitation(of: sharer)
        #expect(new.lookup != invitation.lookup && new.key != invitation.key)
        let helper = stage.helper(new)
        #expect(stage.isVerified(helper))
    }

    @Test("two wrong guesses and a right one: no harm done")
    func twoGuesses() {
        var stage = Stage()
        let sharer = stage.sharer()
        let wrong = stage.wrongInvitation(of: sharer, .link)
        for _ in 0..<2 { _ = stage.helper(wrong) }
        let helper = stage.helper(stage.invitation(of: sharer))
        #expect(stage.isVerified(helper))
    }

    @Test("a code's secret offered as a link's, or the other way round, is a wrong guess")
    func kinds() {
        var stage = Stage()
        let sharer = stage.sharer()
        var confused = stage.invitation(of: sharer, .code)
        confused.key = stage.wrongInvitation(of: sharer, .link).key
        _ = stage.helper(confused)
        #expect(stage.ends(of: stage.latest) == [.wrongCode])
    }

    @Test("the guesses of many helpers at once are counted together")
    func parallelGuesses() {
        var stage = Stage()
        let sharer = stage.sharer()
        // All of them are answered before any confirms.
        var held: [(ServerMessage, ConnectionID)] = []
        stage.onWayToClient = { message, id in
            if case .opaque(_, let payload) = message, payload.hasPrefix("share "), id != sharer {
                held.append((message, id))
                return []
            }
            return [message]
        }
        let guessers = (0..<8).map { _ in stage.helper(stage.wrongInvitation(of: sharer)) }
        stage.onWayToClient = { message, _ in [message] }
        #expect(held.count == 8)
        for (message, id) in held {
            stage.helpers[id]?.receive(message.text, at: stage.now)
            stage.run()
        }
        #expect(
            guessers.map { stage.ends(of: $0) } == Array(repeating: [.wrongCode], count: 3)
                + Array(repeating: [.gone], count: 5))
        #expect(stage.invitationEnds(of: sharer) == [.burnt])
    }

    @Test("absent, away, burnt, expired, revoked and used look-ups get the same answer to the byte")
    func sameAnswer() throws {
        var answers: [[UInt8]] = []
        func ask(_ prepare: (inout Stage) -> Lookup) {
            var stage = Stage()
            let lookup = prepare(&stage)
            let helper = stage.connect()
            stage.server.receive(
                ClientMessage.meet(lookup).text, from: helper, at: stage.now, wallClock: stage.wallClock)
            while let output = stage.server.nextOutput() {
                switch output {
                case .send(let text, helper): answers.append(text)
                case .ask(let ticket, let request):
                    #expect(request == .find(lookup))
                    stage.server.answered(ticket, try? request.perform(in: &stage.store), at: stage.now, wallClock: stage.wallClock)
                case .send, .close: Issue.record("\(output)")
                }
            }
        }
        ask { _ in MessageTests.lookup }
        ask { stage in
            let sharer = stage.sharer()
            let lookup = stage.invitation(of: sharer).lookup
            stage.disconnect(sharer)
            return lookup
        }
        ask { stage in
            let sharer = stage.sharer()
            let wrong = stage.wrongInvitation(of: sharer)
            for _ in 0..<3 { _ = stage.helper(wrong) }
            return wrong.lookup
        }
        ask { stage in
            let lookup = stage.lookupOfNewSharer(InvitationTerms(lifetime: 10))
            stage.advance(seconds: 10)
            return lookup
        }
        ask { stage in
            // Expired a moment ago, and no timeout has run yet.
            let lookup = stage.lookupOfNewSharer(InvitationTerms(lifetime: 10))
            stage.wallClock = stage.wallClock.advanced(bySeconds: 10)
            return lookup
        }
        ask { stage in
            let sharer = stage.sharer()
            let lookup = stage.invitation(of: sharer).lookup
            stage.sharers[sharer]?.revoke()
            stage.run()
            return lookup
        }
        ask { stage in
            let sharer = stage.sharer()
            let invitation = stage.invitation(of: sharer)
            _ = stage.helper(invitation)
            return invitation.lookup
        }
        #expect(answers.count == 7)
        #expect(Set(answers) == [ServerMessage.gone.text])
    }

    @Test("an invitation expires for its sharer too, and can be extended before")
    func expiry() {
        var stage = Stage()
        let sharer = stage.sharer(InvitationTerms(lifetime: 20))
        stage.advance(seconds: 15)
        stage.sharers[sharer]?.extend(lifetime: 30)
        stage.run()
        #expect(stage.sharers[sharer]?.invitation?.expires == stage.wallClock.advanced(bySeconds: 30))
        stage.advance(seconds: 29)
        #expect(stage.invitationEnds(of: sharer) == [])
        stage.advance(seconds: 1)
        #expect(stage.invitationEnds(of: sharer) == [.expired])
        stage.advance(seconds: 61)
        #expect(stage.store.openCount(source: nil, at: UnixTime(seconds: 0)) == 0)
    }

    @Test("a sharer who comes back is found again, with the same code and the guesses it had left")
    func resume() {
        var stage = Stage()
        var sharer = stage.sharer()
        let invitation = stage.invitation(of: sharer)
        let wrong = stage.wrongInvitation(of: sharer)
        for _ in 0..<2 { _ = stage.helper(wrong) }
        stage.disconnect(sharer)
        _ = stage.helper(invitation)
        #expect(stage.ends(of: stage.latest) == [.gone])
        sharer = stage.reconnect(sharer)
        _ = stage.helper(invitation)
        #expect(stage.isVerified(stage.latest))

        let other = stage.sharer()
        let otherWrong = stage.wrongInvitation(of: other)
        for _ in 0..<2 { _ = stage.helper(otherWrong) }
        stage.disconnect(other)
        let back = stage.reconnect(other)
        _ = stage.helper(otherWrong)
        #expect(stage.invitationEnds(of: back) == [.burnt])
    }

    @Test("a sharer's second connection takes over from a dead one, and the dead one's end changes nothing")
    func takeOver() {
        var stage = Stage()
        let dead = stage.sharer()
        let invitation = stage.invitation(of: dead)
        stage.sharers[dead]?.connectionClosed()
        let alive = stage.reconnect(dead)
        stage.server.connectionClosed(dead, at: stage.now)
        _ = stage.helper(invitation)
        #expect(stage.isVerified(stage.latest))
        #expect(stage.verified(by: alive).count == 1)
    }

    @Test("an invitation the relay forgot is lost; one that expired meanwhile says so")
    func lost() {
        var stage = Stage()
        let sharer = stage.sharer(InvitationTerms(lifetime: 10))
        stage.disconnect(sharer)
        stage.wallClock = stage.wallClock.advanced(bySeconds: 10)
        _ = stage.reconnect(sharer)
        #expect(stage.invitationEnds(of: stage.latest) == [.expired])

        var forgetful = Stage()
        let other = forgetful.sharer()
        forgetful.disconnect(other)
        let fresh = Stage().server
        forgetful.server = fresh
        forgetful.store = InMemoryInvitationStore()
        _ = forgetful.reconnect(other)
        #expect(forgetful.invitationEnds(of: forgetful.latest) == [.lost])
    }

    @Test("whoever leaves, the other hears of it")
    func leaving() throws {
        var stage = Stage()
        let sharer = stage.sharer(InvitationTerms(uses: 5))
        let invitation = stage.invitation(of: sharer)
        let first = stage.helper(invitation)
        stage.disconnect(first)
        let second = stage.helper(invitation)
        stage.helpers[second]?.leave()
        stage.run()
        let third = stage.helper(invitation)
        let meetings = stage.verified(by: sharer)
        #expect(meetings.count == 3)
        stage.sharers[sharer]?.refuse(meetings[2])
        stage.run()
        #expect(stage.ends(of: third) == [.declined])
        #expect(stage.sharerEvents[sharer]?.contains(.peerLeft(meetings[0])) == true)
        #expect(stage.sharerEvents[sharer]?.contains(.peerLeft(meetings[1])) == true)
        let fourth = stage.helper(invitation)
        stage.disconnect(sharer)
        #expect(stage.ends(of: fourth) == [.peerLeft])
        #expect(stage.server.meetingCount == 0)
    }

    @Test("a payload before verification, or one that is not well-formed, is not sent")
    func unsendable() throws {
        var stage = Stage()
        let sharer = stage.sharer()
        var early = HelperClient(invitation: stage.invitation(of: sharer))
        #expect(early.send(.endOfCandidates()) == false)
        let helper = stage.helper(stage.invitation(of: sharer))
        #expect(stage.helpers[helper]?.send(.candidate(line: "a\nb", isMapped: false)) == false)
        #expect(
            stage.helpers[helper]?.send(.candidate(line: String(repeating: "a", count: 1 << 20), isMapped: false))
                == false)
        #expect(stage.sharers[sharer]?.send(.endOfCandidates(), to: MessageTests.meeting) == false)
    }

    @Test("asking twice at once leaves one invitation open, and a new one closes the former")
    func createTwice() {
        var stage = Stage()
        let sharer = stage.sharer()
        let first = stage.invitation(of: sharer)
        stage.sharers[sharer]?.createInvitation(InvitationTerms(lifetime: 60))
        stage.sharers[sharer]?.createInvitation(InvitationTerms(lifetime: 70))
        stage.run()
        #expect(stage.invitationEnds(of: sharer) == [.revoked])
        #expect(stage.server.waitingCount == 1)
        #expect(stage.store.find(first.lookup)?.state == .revoked)
        let helper = stage.helper(stage.invitation(of: sharer))
        #expect(stage.isVerified(helper))
    }

    @Test("a sharer that never answers is given up after 15 seconds")
    func silence() {
        var stage = Stage()
        let sharer = stage.connect()
        stage.say(.create(InvitationTerms()), from: sharer)
        guard case .created(let lookup, _, _, _, _, _)? = stage.heard[sharer]?.first else {
            Issue.record("no invitation")
            return
        }
        var random = SeededRandom(seed: 1)
        let helper = stage.helper(Invitation(relay: nil, lookup: lookup, key: .randomCode(using: &random)))
        #expect(stage.helpers[helper]?.nextDeadline == Instant.zero + .seconds(15))
        stage.advance(seconds: 14)
        #expect(stage.ends(of: helper) == [])
        stage.advance(seconds: 1)
        #expect(stage.ends(of: helper) == [.timedOut])
        #expect(stage.server.meetingCount == 0)
    }
}
