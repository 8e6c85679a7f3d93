import NetPrimitives
@testable import Rendezvous
import Testing

@Suite("What the relay gives, and no more")
struct MeetingServerBoundTests {
    @Test("the relay bounds lifetimes and uses that are asked for")
    func clamped() throws {
        var stage = Stage()
        let id = stage.connect()
        stage.say(.create(InvitationTerms(lifetime: 366 * 86_400, uses: 1000)), from: id)
        guard case .created(_, _, let expires, let uses, _, _)? = stage.heard[id]?.first else {
            Issue.record("no invitation")
            return
        }
        #expect(expires == stage.wallClock.advanced(bySeconds: 7 * 86_400))
        #expect(uses == 100)
    }

    @Test("a source looks up thirty times a minute, and others are not touched by it")
    func lookupRate() {
        var stage = Stage()
        for _ in 0..<30 { #expect(stage.lookUp(from: Stage.address) == .gone) }
        #expect(stage.lookUp(from: Stage.address) == .error(.rateLimited))
        #expect(stage.lookUp(from: .v4(0x0B16_2102)) == .gone)
        stage.advance(seconds: 2)
        #expect(stage.lookUp(from: Stage.address) == .gone)
        #expect(stage.lookUp(from: Stage.address) == .error(.rateLimited))
        // A /56 is one source.
        for host in 0..<30 as Range<UInt64> { #expect(stage.lookUp(from: .v6(0x2600_0000_0000_0000 | host, host)) == .gone) }
        #expect(stage.lookUp(from: .v6(0x2600_0000_0000_0042, 7)) == .error(.rateLimited))
    }

    @Test("when the table of sources is full, who owes most is remembered")
    func sourceEviction() {
        var configuration = MeetingServerConfiguration()
        configuration.maximumSources = 4
        var stage = Stage(configuration: configuration)
        for _ in 0..<30 { #expect(stage.lookUp(from: Stage.address) == .gone) }
        for other in 1...50 as ClosedRange<UInt32> { #expect(stage.lookUp(from: .v4(other)) == .gone) }
        #expect(stage.lookUp(from: Stage.address) == .error(.rateLimited))
    }

    @Test("invitations are bounded by connection, by source and by rate")
    func invitationBounds() {
        var configuration = MeetingServerConfiguration()
        configuration.maximumInvitationsPerSource = 10
        configuration.invitationsPerMinute = 20
        var stage = Stage(configuration: configuration)
        func outcomes(_ id: ConnectionID) -> [String] {
            (stage.heard[id] ?? []).map { message in
                switch message {
                case .created: "created"
                case .error(let code): code.rawValue
                default: "?"
                }
            }
        }
        let first = stage.connect()
        for _ in 0..<9 { stage.say(.create(InvitationTerms()), from: first) }
        #expect(outcomes(first) == Array(repeating: "created", count: 8) + ["busy"])
        let second = stage.connect()
        for _ in 0..<3 { stage.say(.create(InvitationTerms()), from: second) }
        #expect(outcomes(second) == ["created", "created", "busy"])
        for _ in 0..<9 { stage.say(.create(InvitationTerms()), from: second) }
        #expect(outcomes(second).last == "busy")
        stage.say(.create(InvitationTerms()), from: second)
        #expect(outcomes(second).last == "rate-limited")
        let refused = stage.server.counters.invitationsRefused
        #expect((refused[.connection], refused[.source], refused[.rate]) == (1, 10, 1))
        // Other bounds hold from now on: under the former ones a second gives a third of an invitation, and the source is full.
        configuration.invitationsPerMinute = 1000
        configuration.maximumInvitationsPerSource = 11
        stage.server.reconfigure(configuration)
        stage.advance(seconds: 1)
        stage.say(.create(InvitationTerms()), from: second)
        #expect(outcomes(second).last == "created")
    }

    @Test("connections are bounded, in all and by source, and an idle one is closed")
    func connectionBounds() {
        var configuration = MeetingServerConfiguration()
        configuration.maximumConnections = 6
        configuration.maximumConnectionsPerSource = 4
        var stage = Stage(configuration: configuration)
        let ids = (0..<5).map { _ in stage.connect() }
        #expect(stage.closed == [ids[4]])
        _ = stage.connect(from: .v4(1))
        _ = stage.connect(from: .v4(2))
        #expect(stage.server.connectionCount == 6)
        _ = stage.connect(from: .v4(3))
        #expect(stage.closed.contains(stage.latest))
        stage.say(.create(InvitationTerms(lifetime: 600)), from: ids[0])
        stage.advance(seconds: 60)
        #expect(stage.closed.contains(ids[1]) && !stage.closed.contains(ids[0]))
        for id in stage.closed { stage.disconnect(id) }
        #expect(stage.server.connectionCount == 1)
        stage.disconnect(ids[0])
        stage.advance(seconds: 1)
        #expect(stage.server.nextDeadline == nil)
    }

    @Test("a look-up takes eight handshakes at once")
    func handshakeBound() throws {
        var stage = Stage()
        let sharer = stage.connect()
        stage.say(.create(InvitationTerms(uses: 100)), from: sharer)
        let lookup = try #require(stage.lookup(of: sharer))
        let helpers = (0..<9).map { _ in
            let id = stage.connect()
            stage.say(.meet(lookup), from: id)
            return id
        }
        #expect(stage.heard[helpers[8]] == [.error(.busy)])
        #expect(stage.server.meetingCount == 8)
        stage.say(.confirmed(try #require(stage.meeting(of: helpers[0]))), from: sharer)
        stage.say(.meet(lookup), from: helpers[8])
        #expect(stage.server.meetingCount == 9)
    }

    @Test("before confirmation a meeting carries a handshake and no more")
    func handshakeOnly() throws {
        var stage = Stage()
        let (sharer, helper) = (stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms()), from: sharer)
        stage.say(.meet(try #require(stage.lookup(of: sharer))), from: helper)
        let meeting = try #require(stage.meeting(of: helper))
        for (from, to, most) in [(helper, sharer, 4 + EarlyPayloads.maximumCount), (sharer, helper, 4)] {
            stage.say(.opaque(meeting, payload: String(repeating: "x", count: 1025)), from: from)
            for _ in 0..<20 { stage.say(.opaque(meeting, payload: "x"), from: from) }
            let carried = stage.heard[to]?.count { if case .opaque = $0 { true } else { false } } ?? 0
            #expect(carried == most)
        }
        stage.advance(seconds: 30)
        #expect(stage.heard[helper]?.last == .peerLeft(meeting))
        #expect(stage.server.meetingCount == 0)
    }

    @Test("a flood on one connection closes it")
    func flood() {
        var stage = Stage()
        let id = stage.connect()
        let text = ClientMessage.leave(MessageTests.meeting).text
        for _ in 0..<5000 { stage.say(text, from: id) }
        #expect(stage.closed == [id])
        #expect(stage.heard[id] == [.error(.rateLimited)])

        let other = stage.connect()
        let large = ClientMessage.opaque(MessageTests.meeting, payload: String(repeating: "a", count: 16_000)).text
        for _ in 0..<100 { stage.say(large, from: other) }
        #expect(stage.closed.contains(other), "a megabyte at once is the most")
    }
}

extension Stage {
    /// What somebody from there hears who looks for an invitation that does not exist.
    fileprivate mutating func lookUp(from source: IPAddress) -> ServerMessage? {
        let id = connect(from: source)
        say(.meet(MessageTests.lookup), from: id)
        disconnect(id)
        return heard[id]?.last
    }
}
