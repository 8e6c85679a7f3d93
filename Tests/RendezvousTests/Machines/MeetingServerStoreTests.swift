import NetPrimitives
@testable import Rendezvous
import Testing

@Suite("The relay, and a store that takes its time")
struct MeetingServerStoreTests {
    static func slow() -> Stage {
        var stage = Stage()
        stage.storeIsSlow = true
        return stage
    }

    @Test("what a connection says while the store thinks is taken up in order, and others wait for nothing")
    func order() throws {
        var stage = Self.slow()
        let (patient, other) = (stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms()), from: patient)
        stage.say(.status(MessageTests.lookup, owner: MessageTests.owner), from: patient)
        stage.say(.meet(MessageTests.lookup), from: patient)
        stage.say(.leave(MessageTests.meeting), from: other)
        stage.say(.meet(MessageTests.lookup), from: other)
        #expect(stage.asked.count == 2)
        stage.asked.swapAt(0, 1)
        stage.answerNext()
        stage.run()
        #expect(stage.heard[other] == [.gone] && stage.heard[patient] == nil)
        stage.answerNext()
        stage.run()
        #expect(stage.lookup(of: patient) != nil && stage.asked.map(\.request) == [.find(MessageTests.lookup)])
        stage.answerNext()
        stage.run()
        // Who shares does not look up.
        #expect(stage.heard[patient]?.dropFirst() == [.gone, .error(.wrongState)])
    }

    @Test("a connection waits no longer than five seconds, and goes on with what it said next")
    func patience() {
        var stage = Self.slow()
        let id = stage.connect()
        stage.say(.meet(MessageTests.lookup), from: id)
        stage.say(.status(MessageTests.lookup, owner: MessageTests.owner), from: id)
        stage.advance(seconds: 4)
        #expect(stage.heard[id] == nil)
        stage.advance(seconds: 1)
        #expect(stage.heard[id] == [.error(.unavailable)])
        while !stage.asked.isEmpty { stage.answerNext() }
        stage.run()
        #expect(stage.heard[id] == [.error(.unavailable), .gone], "the late answer is nobody's")
        #expect(stage.server.questions.isEmpty)
    }

    @Test("what is said ahead is bounded, by number and by size", arguments: [(64, 10), (4, 32_000)])
    func queue(count: Int, size: Int) {
        var stage = Self.slow()
        let id = stage.connect()
        stage.say(.meet(MessageTests.lookup), from: id)
        let text = ClientMessage.opaque(MessageTests.meeting, payload: String(repeating: "x", count: size)).text
        for _ in 0..<count { stage.say(text, from: id) }
        #expect(stage.heard[id] == nil && stage.closed.isEmpty)
        stage.say(text, from: id)
        #expect(stage.heard[id] == [.error(.rateLimited)] && stage.closed == [id])
        stage.answerNext()
        stage.run()
        #expect(stage.heard[id]?.count == 1, "a closing connection hears no more")
    }

    @Test("an invitation that is made when nobody waits for it any more is revoked", arguments: [true, false])
    func orphan(connectionCloses: Bool) {
        var stage = Self.slow()
        let id = stage.connect()
        stage.say(.create(InvitationTerms()), from: id)
        if connectionCloses { stage.disconnect(id) } else { stage.advance(seconds: 5) }
        stage.answerNext()
        stage.run()
        #expect(stage.store.openCount(source: nil, at: stage.wallClock) == 1)
        while !stage.asked.isEmpty { stage.answerNext() }
        #expect(stage.store.openCount(source: nil, at: stage.wallClock) == 0)
        #expect(stage.server.waitingCount == 0 && stage.server.questions.isEmpty)
    }

    @Test("a use, a burning and an owner's revocation that are written down late still count")
    func lateChanges() throws {
        var stage = Stage()
        let sharer = stage.sharer(InvitationTerms(uses: 2))
        let lookup = stage.invitation(of: sharer).lookup
        let helper = stage.connect()
        stage.say(.meet(lookup), from: helper)
        let meeting = try #require(stage.meeting(of: helper))
        stage.storeIsSlow = true
        stage.say(.confirmed(meeting), from: sharer)
        stage.advance(seconds: 5)
        #expect(stage.heard[sharer]?.last == .error(.unavailable))
        while !stage.asked.isEmpty { stage.answerNext() }
        stage.run()
        #expect(stage.server.meetings[meeting]?.stage == .confirmed && stage.store.find(lookup)?.uses == 1)
        stage.say(.close(lookup), from: sharer)
        stage.advance(seconds: 5)
        while !stage.asked.isEmpty { stage.answerNext() }
        stage.run()
        #expect(stage.heard[sharer]?.last == .closed(lookup, .revoked) && stage.server.waitingCount == 0)
    }

    @Test("a helper who leaves while its use is written down has used it")
    func leaves() throws {
        var stage = Stage()
        let sharer = stage.connect()
        stage.say(.create(InvitationTerms()), from: sharer)
        let lookup = try #require(stage.lookup(of: sharer))
        let helper = stage.connect()
        stage.say(.meet(lookup), from: helper)
        let meeting = try #require(stage.meeting(of: helper))
        stage.storeIsSlow = true
        stage.say(.confirmed(meeting), from: sharer)
        stage.disconnect(helper)
        stage.answerNext()
        stage.run()
        #expect(stage.heard[sharer]?.suffix(2) == [.peerLeft(meeting), .closed(lookup, .used)])
        #expect(stage.server.meetingCount == 0 && stage.server.waitingCount == 0)
    }

    @Test("eight look-ups that belong to others are drawn, then the relay is full")
    func taken() {
        var stage = Self.slow()
        let id = stage.connect()
        stage.say(.create(InvitationTerms()), from: id)
        var drawn: Set<Lookup> = []
        for _ in 0..<8 {
            guard case .create(let invitation, _)? = stage.asked.first?.request else {
                Issue.record("no question")
                return
            }
            drawn.insert(invitation.lookup)
            stage.server.answered(stage.asked.removeFirst().ticket, .creation(.taken), at: stage.now, wallClock: stage.wallClock)
            stage.run()
        }
        #expect(drawn.count == 8 && stage.asked.isEmpty)
        #expect(stage.heard[id] == [.error(.busy)])
        #expect(stage.server.counters.invitationsRefused[.total] == 1)
    }

    @Test("an answer to another question is a store that does not work")
    func wrongAnswer() {
        var stage = Self.slow()
        let id = stage.connect()
        stage.say(.meet(MessageTests.lookup), from: id)
        stage.server.answered(StoreTicket(99), .done, at: stage.now, wallClock: stage.wallClock)
        stage.server.answered(stage.asked.removeFirst().ticket, .done, at: stage.now, wallClock: stage.wallClock)
        stage.run()
        #expect(stage.heard[id] == [.error(.unavailable)])
    }

    @Test("questions are as many as there may be connections, and more")
    func bound() {
        #expect(MeetingServer.maximumQuestions > MeetingServerConfiguration().maximumConnections)
        var stage = Self.slow()
        let id = stage.connect()
        for number in 0..<MeetingServer.maximumQuestions {
            stage.server.questions[StoreTicket(UInt64(1_000_000 + number))] = StoreQuestion(subject: .nothing, asker: nil, since: .zero)
        }
        stage.say(.meet(MessageTests.lookup), from: id)
        #expect(stage.heard[id] == [.error(.unavailable)] && stage.asked.isEmpty)
    }
}
