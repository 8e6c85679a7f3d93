import NetPrimitives
@testable import Rendezvous
import Testing

@Suite("The relay's side")
struct MeetingServerTests {
    private static func lookup(_ heard: [ServerMessage]?) -> Lookup? {
        heard?.compactMap { if case .created(let lookup, _, _, _, _) = $0 { lookup } else { nil } }.last
    }

    private static func meeting(_ heard: [ServerMessage]?) -> MeetingID? {
        heard?.compactMap { if case .met(let meeting) = $0 { meeting } else { nil } }.last
    }

    @Test("create, meet, talk, confirm, use up: the whole transcript")
    func transcript() throws {
        var stage = Stage()
        let (sharer, helper) = (stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms(lifetime: 60, uses: 1, ceiling: .view)), from: sharer)
        let lookup = try #require(Self.lookup(stage.heard[sharer]))
        stage.say(.meet(lookup), from: helper)
        let meeting = try #require(Self.meeting(stage.heard[helper]))
        stage.say(.opaque(meeting, payload: "one"), from: helper)
        stage.say(.opaque(meeting, payload: "two"), from: sharer)
        stage.say(.confirmed(meeting), from: sharer)
        stage.say(.opaque(meeting, payload: "three"), from: sharer)
        stage.say(.leave(meeting), from: helper)
        #expect(
            stage.heard[sharer]?.dropFirst() == [
                .helperArrived(lookup, meeting), .opaque(meeting, payload: "one"), .closed(lookup, .used),
                .peerLeft(meeting),
            ])
        let heard = try #require(stage.heard[helper])
        #expect(heard.count == 4)
        #expect(heard[0] == .met(meeting) && heard[1] == .opaque(meeting, payload: "two"))
        #expect(heard[3] == .opaque(meeting, payload: "three"))
        #expect(stage.server.store.find(lookup)?.uses == 1)
        #expect(stage.server.meetingCount == 0 && stage.server.waitingCount == 0)
    }

    @Test("what belongs to others cannot be touched")
    func others() throws {
        var stage = Stage()
        let (sharer, helper, stranger) = (stage.connect(), stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms()), from: sharer)
        stage.say(.create(InvitationTerms()), from: stranger)
        let lookup = try #require(Self.lookup(stage.heard[sharer]))
        stage.say(.meet(lookup), from: helper)
        let meeting = try #require(Self.meeting(stage.heard[helper]))
        let quiet = (stage.heard[sharer], stage.heard[helper])
        for message: ClientMessage in [
            .close(lookup), .burn(lookup), .extend(lookup, lifetime: 5), .confirmed(meeting),
            .refuse(meeting, .declined), .opaque(meeting, payload: "x"), .leave(meeting),
            .resume(lookup, owner: MessageTests.owner), .meet(lookup),
        ] { stage.say(message, from: stranger) }
        // Nor may a helper do what is the sharer's.
        for message: ClientMessage in [.close(lookup), .burn(lookup), .confirmed(meeting), .refuse(meeting, .declined)]
        {
            stage.say(message, from: helper)
        }
        #expect(stage.heard[sharer] == quiet.0)
        #expect(stage.heard[helper] == (quiet.1 ?? []) + [.error(.wrongState), .error(.wrongState)])
        #expect(
            stage.heard[stranger]?.dropFirst() == [
                .error(.wrongState), .error(.wrongState), .error(.wrongState), .gone, .error(.wrongState),
            ])
        #expect(stage.server.meetingCount == 1)
    }

    @Test("a relay that is draining takes no invitations, and what is there goes on")
    func draining() throws {
        var stage = Stage()
        let (sharer, helper, late) = (stage.connect(), stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms()), from: sharer)
        let lookup = try #require(Self.lookup(stage.heard[sharer]))
        stage.server.isDraining = true
        stage.say(.create(InvitationTerms()), from: late)
        #expect(stage.heard[late] == [.error(.busy)])
        stage.say(.meet(lookup), from: helper)
        #expect(Self.meeting(stage.heard[helper]) != nil)
    }

    /// A sharer and two helpers in meetings that are confirmed.
    private static func confirmed(_ stage: inout Stage) throws -> (ConnectionID, [(ConnectionID, MeetingID)]) {
        let sharer = stage.connect()
        stage.say(.create(InvitationTerms(uses: 2)), from: sharer)
        let lookup = try #require(Self.lookup(stage.heard[sharer]))
        let helpers = try (0..<2).map { _ in
            let helper = stage.connect()
            stage.say(.meet(lookup), from: helper)
            let meeting = try #require(Self.meeting(stage.heard[helper]))
            stage.say(.confirmed(meeting), from: sharer)
            return (helper, meeting)
        }
        return (sharer, helpers)
    }

    @Test("who closes the connection has left; who falls silent may only have lost the network")
    func silence() throws {
        var stage = Stage()
        let (sharer, helpers) = try Self.confirmed(&stage)
        stage.disconnect(helpers[0].0, isSilent: true)
        #expect(stage.heard[sharer]?.contains(.peerLeft(helpers[0].1)) == false)
        #expect(stage.server.meetingCount == 2)
        stage.say(.opaque(helpers[0].1, payload: "to nobody"), from: sharer)
        stage.disconnect(helpers[1].0)
        #expect(stage.heard[sharer]?.last == .peerLeft(helpers[1].1))
        stage.disconnect(sharer)
        #expect(stage.server.meetingCount == 0)
    }

    @Test("so many meetings wait for one that is silent; from then on it is as if it had left")
    func manySilent() throws {
        var configuration = MeetingServerConfiguration()
        configuration.maximumHalfMeetings = 1
        var stage = Stage(configuration: configuration)
        let (sharer, helpers) = try Self.confirmed(&stage)
        for (helper, _) in helpers { stage.disconnect(helper, isSilent: true) }
        #expect(stage.heard[sharer]?.last == .peerLeft(helpers[1].1))
        #expect(stage.server.meetingCount == 1)
        stage.disconnect(sharer, isSilent: true)
        #expect(stage.server.meetingCount == 0)
    }

    @Test("invitations, look-ups, meetings and wrong guesses are counted")
    func counts() throws {
        var stage = Stage()
        let (sharer, helper) = (stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms()), from: sharer)
        let lookup = try #require(Self.lookup(stage.heard[sharer]))
        stage.say(.meet(MessageTests.lookup), from: helper)
        stage.say(.meet(lookup), from: helper)
        #expect(stage.server.meetingStages.all.map(\.count) == [1, 0])
        stage.say(.refuse(try #require(Self.meeting(stage.heard[helper])), .wrongCode), from: sharer)
        stage.say(.meet(lookup), from: helper)
        stage.say(.confirmed(try #require(Self.meeting(stage.heard[helper]))), from: sharer)
        #expect(stage.server.meetingStages.all.map(\.count) == [0, 1])
        let counters = stage.server.counters
        #expect((counters.invitationsCreated, counters.confirmed, counters.wrongGuesses, counters.burnt) == (1, 1, 1, 0))
        #expect((counters.lookups[.met], counters.lookups[.gone], counters.lookups.total) == (2, 1, 3))
    }

    @Test("before confirmation a meeting carries a handshake and no more")
    func handshakeOnly() throws {
        var stage = Stage()
        let (sharer, helper) = (stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms()), from: sharer)
        stage.say(.meet(try #require(Self.lookup(stage.heard[sharer]))), from: helper)
        let meeting = try #require(Self.meeting(stage.heard[helper]))
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

    @Test("what is no message closes the connection; an unknown type does not")
    func nonsense() {
        for (text, code) in [
            ("hello", RelayErrorCode.malformed),
            (#"{"type":"meet","version":9,"lookup":"000000"}"#, .unsupportedVersion),
            (String(repeating: "x", count: 70_000), .tooLarge),
        ] {
            var stage = Stage()
            let id = stage.connect()
            stage.say(Array(text.utf8), from: id)
            #expect(stage.heard[id] == [.error(code)])
            #expect(stage.closed == [id])
            stage.say(.create(InvitationTerms()), from: id)
            #expect(stage.heard[id] == [.error(code)], "a closing connection is deaf")
        }
        var stage = Stage()
        let id = stage.connect()
        stage.say(Array(#"{"type":"tomorrow"}"#.utf8), from: id)
        #expect(stage.heard[id] == nil && stage.closed.isEmpty)
    }

    @Test("every message truncated at every byte, and random bytes, trap nothing", arguments: 0..<20 as Range<UInt64>)
    func garbage(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var stage = Stage(seed: seed)
        for message in MessageTests.clientMessages {
            var text = message.text
            let id = stage.connect(from: .v4(.random(in: .min ... .max, using: &random)))
            text = Array(text.prefix(.random(in: 0...text.count, using: &random)))
            if !text.isEmpty {
                text[.random(in: text.indices, using: &random)] = .random(in: .min ... .max, using: &random)
            }
            stage.say(text, from: id)
            stage.disconnect(id)
        }
        #expect(stage.server.connectionCount == 0)
    }

    @Test("a source looks up thirty times a minute, and others are not touched by it")
    func lookupRate() {
        var stage = Stage()
        func ask(_ source: IPAddress) -> ServerMessage? {
            let id = stage.connect(from: source)
            stage.say(.meet(MessageTests.lookup), from: id)
            stage.disconnect(id)
            return stage.heard[id]?.last
        }
        for _ in 0..<30 { #expect(ask(Stage.address) == .gone) }
        #expect(ask(Stage.address) == .error(.rateLimited))
        #expect(ask(.v4(0x0B16_2102)) == .gone)
        stage.advance(seconds: 2)
        #expect(ask(Stage.address) == .gone)
        #expect(ask(Stage.address) == .error(.rateLimited))
        // A /56 is one source.
        for host in 0..<30 as Range<UInt64> { #expect(ask(.v6(0x2600_0000_0000_0000 | host, host)) == .gone) }
        #expect(ask(.v6(0x2600_0000_0000_0042, 7)) == .error(.rateLimited))
    }

    @Test("when the table of sources is full, who owes most is remembered")
    func sourceEviction() {
        var configuration = MeetingServerConfiguration()
        configuration.maximumSources = 4
        var stage = Stage(configuration: configuration)
        func ask(_ source: IPAddress) -> ServerMessage? {
            let id = stage.connect(from: source)
            stage.say(.meet(MessageTests.lookup), from: id)
            stage.disconnect(id)
            return stage.heard[id]?.last
        }
        for _ in 0..<30 { #expect(ask(Stage.address) == .gone) }
        for other in 1...50 as ClosedRange<UInt32> { #expect(ask(.v4(other)) == .gone) }
        #expect(ask(Stage.address) == .error(.rateLimited))
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

    @Test("who may not invite may still help")
    func policy() {
        var stage = Stage()
        let sharer = stage.sharer()
        let id = stage.connect(mayInvite: false)
        stage.say(.create(InvitationTerms()), from: id)
        #expect(stage.heard[id] == [.error(.notAllowed)])
        stage.say(.meet(stage.invitation(of: sharer).lookup), from: id)
        #expect(Self.meeting(stage.heard[id]) != nil)
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
        let lookup = try #require(Self.lookup(stage.heard[sharer]))
        let helpers = (0..<9).map { _ in
            let id = stage.connect()
            stage.say(.meet(lookup), from: id)
            return id
        }
        #expect(stage.heard[helpers[8]] == [.error(.busy)])
        #expect(stage.server.meetingCount == 8)
        stage.say(.confirmed(try #require(Self.meeting(stage.heard[helpers[0]]))), from: sharer)
        stage.say(.meet(lookup), from: helpers[8])
        #expect(stage.server.meetingCount == 9)
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

    @Test("two confirmations of an invitation for one: the second helper finds it gone")
    func race() throws {
        var stage = Stage()
        let (sharer, first, second) = (stage.connect(), stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms()), from: sharer)
        let lookup = try #require(Self.lookup(stage.heard[sharer]))
        stage.say(.meet(lookup), from: first)
        stage.say(.meet(lookup), from: second)
        stage.say(.confirmed(try #require(Self.meeting(stage.heard[first]))), from: sharer)
        #expect(stage.heard[second]?.last == .gone)
        stage.say(.confirmed(try #require(Self.meeting(stage.heard[second]))), from: sharer)
        #expect(stage.server.store.find(lookup)?.uses == 1)
        #expect(stage.server.meetingCount == 1)
    }

    @Test("confirming twice counts once")
    func confirmTwice() throws {
        var stage = Stage()
        let (sharer, helper) = (stage.connect(), stage.connect())
        stage.say(.create(InvitationTerms(uses: 5)), from: sharer)
        let lookup = try #require(Self.lookup(stage.heard[sharer]))
        stage.say(.meet(lookup), from: helper)
        let meeting = try #require(Self.meeting(stage.heard[helper]))
        stage.say(.confirmed(meeting), from: sharer)
        stage.say(.confirmed(meeting), from: sharer)
        #expect(stage.server.store.find(lookup)?.uses == 1)
    }

    @Test("the relay bounds lifetimes and uses that are asked for")
    func clamped() throws {
        var stage = Stage()
        let id = stage.connect()
        stage.say(.create(InvitationTerms(lifetime: 366 * 86_400, uses: 1000)), from: id)
        guard case .created(_, _, let expires, let uses, _)? = stage.heard[id]?.first else {
            Issue.record("no invitation")
            return
        }
        #expect(expires == stage.wallClock.advanced(bySeconds: 7 * 86_400))
        #expect(uses == 100)
    }

    /// A store whose every call fails.
    struct BrokenStore: InvitationStore {
        struct Broken: Error {}
        func create(_ invitation: StoredInvitation) throws -> Bool { throw Broken() }
        func find(_ lookup: Lookup) throws -> StoredInvitation? { throw Broken() }
        func recordUse(_ lookup: Lookup, at time: UnixTime) throws -> StoredInvitation? { throw Broken() }
        func burn(_ lookup: Lookup) throws { throw Broken() }
        func revoke(_ lookup: Lookup) throws { throw Broken() }
        func extend(_ lookup: Lookup, to expires: UnixTime) throws { throw Broken() }
        func purge(expiredAt time: UnixTime) throws { throw Broken() }
        func openCount(source: String?, at time: UnixTime) throws -> Int { throw Broken() }
    }

    @Test("a store that fails is said to be unavailable, and nothing changes")
    func brokenStore() {
        var server = MeetingServer(store: BrokenStore()) { _, _ in nil }
        let id = ConnectionID(1)
        server.connectionOpened(id, source: Stage.address, at: .zero)
        for message: ClientMessage in [
            .create(InvitationTerms()), .meet(MessageTests.lookup),
            .resume(MessageTests.lookup, owner: MessageTests.owner),
        ] {
            server.receive(message.text, from: id, at: .zero, wallClock: UnixTime(seconds: 0))
            #expect(server.nextOutput() == .send(ServerMessage.error(.unavailable).text, to: id))
            #expect(server.nextOutput() == nil)
        }
        server.handleTimeout(at: .zero + .seconds(2), wallClock: UnixTime(seconds: 2))
        #expect(server.waitingCount == 0 && server.meetingCount == 0)
    }
}
