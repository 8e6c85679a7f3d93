import NetPrimitives
@testable import Rendezvous
import Testing

/// Two nodes that share a store, each a stage of its own.
private struct TwoNodes {
    static let one = RelayURL(String("https://one.relay.example.org"))!
    static let two = RelayURL(String("https://two.relay.example.org"))!

    var first: Stage
    var second: Stage

    init() {
        (first, second) = (Stage(seed: 1), Stage(seed: 2))
        first.server.fleet = FleetView(here: Self.one, others: [Self.two])
        second.server.fleet = FleetView(here: Self.two, others: [Self.one])
    }

    /// What is said at the first node, with the store as the second has left it.
    mutating func atFirst<Result>(_ body: (inout Stage) throws -> Result) rethrows -> Result {
        defer { second.store = first.store }
        return try body(&first)
    }

    mutating func atSecond<Result>(_ body: (inout Stage) throws -> Result) rethrows -> Result {
        defer { first.store = second.store }
        return try body(&second)
    }
}

@Suite("Nodes of one fleet")
struct FleetTests {
    private static let (one, two) = (TwoNodes.one, TwoNodes.two)

    @Test("a helper who looks up at another node is told where the sharer waits, goes there and meets")
    func elsewhere() throws {
        var nodes = TwoNodes()
        let sharer = nodes.atFirst { $0.sharer() }
        let invitation = nodes.first.invitation(of: sharer)
        #expect(nodes.first.store.find(invitation.lookup)?.home == Self.one)
        let lost = nodes.atSecond { $0.helper(invitation) }
        #expect(nodes.second.helperEvents[lost] == [.elsewhere(Self.one)])
        #expect(nodes.second.server.counters.lookups[.elsewhere] == 1)
        // The same client on a connection to the other node.
        nodes.second.disconnect(lost)
        let client = try #require(nodes.second.helpers[lost])
        let helper = nodes.atFirst { stage in
            let id = stage.connect()
            stage.helpers[id] = client
            stage.helpers[id]?.connectionOpened(at: stage.now)
            stage.run()
            return id
        }
        #expect(nodes.first.isVerified(helper) && nodes.first.verified(by: sharer).count == 1)
    }

    @Test("what is not there, or over, is gone at every node; what waited at a dead one is looked up again in a moment")
    func gone() {
        var nodes = TwoNodes()
        let sharer = nodes.atFirst { $0.sharer() }
        let lookup = nodes.first.invitation(of: sharer).lookup
        nodes.second.server.fleet = FleetView(here: Self.two)
        let asker = nodes.second.connect()
        nodes.second.say(.meet(MessageTests.lookup), from: asker)
        nodes.second.say(.meet(lookup), from: asker)
        #expect(nodes.second.heard[asker] == [.gone, .error(.unavailable)])
        #expect(nodes.second.server.counters.lookups[.unavailable] == 1)
        nodes.second.server.fleet = FleetView(here: Self.two, others: [Self.one])
        nodes.atFirst { stage in
            stage.sharers[sharer]?.revoke()
            stage.run()
        }
        let id = nodes.second.connect()
        nodes.second.say(.meet(lookup), from: id)
        #expect(nodes.second.heard[id] == [.gone])
    }

    @Test("a sharer whose node is dead takes the invitation along to another")
    func resumes() throws {
        var nodes = TwoNodes()
        let sharer = nodes.atFirst { $0.sharer() }
        let invitation = nodes.first.invitation(of: sharer)
        nodes.atFirst { $0.disconnect(sharer) }
        let client = try #require(nodes.first.sharers[sharer])
        let again = nodes.atSecond { stage in
            let id = stage.connect()
            stage.sharers[id] = client
            stage.sharers[id]?.connectionOpened()
            stage.run()
            return id
        }
        #expect(nodes.second.store.find(invitation.lookup)?.home == Self.two)
        guard case .invitationResumed? = nodes.second.sharerEvents[again]?.last else {
            Issue.record("not resumed")
            return
        }
        let helper = nodes.atSecond { $0.helper(invitation) }
        #expect(nodes.second.isVerified(helper))
    }

    @Test("an invitation of which it is not known where its sharer waits is no wrong code in a fleet, and is at home where it is resumed")
    func homeless() throws {
        var stage = Stage()
        let sharer = stage.sharer()
        let lookup = stage.invitation(of: sharer).lookup
        #expect(stage.store.find(lookup)?.home == nil)
        stage.server.fleet = FleetView(here: Self.one, others: [Self.two])
        let helper = stage.helper(stage.invitation(of: sharer))
        #expect(stage.isVerified(helper), "its sharer is here")
        stage.server.fleet = nil
        let other = stage.sharer()
        let owned = try #require(stage.sharers[other]?.invitation)
        stage.disconnect(other)
        stage.server.fleet = FleetView(here: Self.one, others: [Self.two])
        let asker = stage.connect()
        stage.say(.meet(owned.lookup), from: asker)
        #expect(stage.heard[asker] == [.error(.unavailable)])
        let resumed = stage.connect()
        stage.say(.resume(owned.lookup, owner: owned.owner), from: resumed)
        #expect(stage.store.find(owned.lookup)?.home == Self.one)
        stage.say(.meet(owned.lookup), from: asker)
        #expect(stage.meeting(of: asker) != nil)
    }

    @Test("a move that a slow store makes late takes the invitation from nobody: it stays where its sharer has gone since")
    func lateMove() throws {
        var nodes = TwoNodes()
        let sharer = nodes.atFirst { $0.sharer() }
        let owned = try #require(nodes.first.sharers[sharer]?.invitation)
        nodes.atFirst { $0.disconnect(sharer) }
        // At the second node the sharer gives up while the move waits for the store…
        nodes.second.storeIsSlow = true
        let impatient = nodes.second.connect()
        nodes.second.say(.resume(owned.lookup, owner: owned.owner), from: impatient)
        nodes.second.answerNext()
        nodes.second.run()
        let found = try #require(nodes.second.store.find(owned.lookup))
        #expect(nodes.second.asked.map(\.request) == [.move(found, to: Self.two)])
        // …and resumes at a third, which takes the invitation first.
        let three = try #require(RelayURL(String("https://three.relay.example.org")))
        var third = Stage(seed: 3)
        third.server.fleet = FleetView(here: three, others: [Self.two])
        third.store = nodes.second.store
        let resumed = third.connect()
        third.say(.resume(owned.lookup, owner: owned.owner), from: resumed)
        #expect(third.store.find(owned.lookup)?.home == three)
        nodes.second.store = third.store
        nodes.second.disconnect(impatient)
        nodes.second.answerNext()
        nodes.second.run()
        #expect(nodes.second.store.find(owned.lookup)?.home == three && nodes.second.server.waitingCount == 0)
    }

    @Test("a late move takes nothing from a sharer who was nowhere else and has come back to the node of before")
    func lateMoveFromTheSame() throws {
        var nodes = TwoNodes()
        let sharer = nodes.atFirst { $0.sharer() }
        let owned = try #require(nodes.first.sharers[sharer]?.invitation)
        nodes.atFirst { $0.disconnect(sharer) }
        nodes.second.storeIsSlow = true
        let impatient = nodes.second.connect()
        nodes.second.say(.resume(owned.lookup, owner: owned.owner), from: impatient)
        nodes.second.answerNext()
        nodes.second.run()
        nodes.second.disconnect(impatient)
        let resumed = nodes.first.connect()
        nodes.atFirst { $0.say(.resume(owned.lookup, owner: owned.owner), from: resumed) }
        nodes.second.answerNext()
        nodes.second.run()
        nodes.first.store = nodes.second.store
        #expect(nodes.second.store.find(owned.lookup)?.home == Self.one)
        let helper = nodes.first.connect()
        nodes.first.say(.meet(owned.lookup), from: helper)
        #expect(nodes.first.meeting(of: helper) != nil)
    }

    @Test("a look-up that comes while a sharer is on the way from a node that is drained is no wrong code")
    func onTheWay() throws {
        var nodes = TwoNodes()
        let (sharer, other) = nodes.atFirst { ($0.sharer(), $0.sharer()) }
        let lookup = nodes.first.invitation(of: sharer).lookup
        nodes.atFirst { stage in
            stage.server.beginDraining()
            stage.run()
            stage.disconnect(sharer)
        }
        let asker = nodes.first.connect()
        nodes.first.say(.meet(lookup), from: asker)
        nodes.first.say(.meet(MessageTests.lookup), from: asker)
        #expect(nodes.first.heard[asker] == [.error(.unavailable), .gone])
        let late = nodes.first.connect()
        nodes.first.say(.meet(nodes.first.invitation(of: other).lookup), from: late)
        #expect(nodes.first.meeting(of: late) != nil)
    }

    @Test("a relay that has just begun calls no code wrong whose sharer may not have come back yet, for ten seconds")
    func justBegun() throws {
        var before = Stage()
        let sharer = before.sharer()
        let lookup = before.invitation(of: sharer).lookup
        var stage = Stage(seed: 2)
        stage.store = before.store
        stage.wallClock = before.wallClock.advanced(bySeconds: 5)
        stage.server.start = (stage.now, stage.wallClock)
        let asker = stage.connect()
        stage.say(.meet(lookup), from: asker)
        let youngSharer = stage.sharer()
        let young = stage.invitation(of: youngSharer).lookup
        stage.disconnect(youngSharer)
        stage.say(.meet(young), from: asker)
        #expect(stage.heard[asker] == [.error(.unavailable), .gone], "one of our own is known to be away")
        stage.advance(seconds: 11)
        let later = stage.connect()
        stage.say(.meet(lookup), from: later)
        #expect(stage.heard[later] == [.gone])
    }

    @Test("who resumes an invitation that moves meanwhile looks again, a few times", arguments: [1, StoreQuestion.maximumLooks])
    func movesMeanwhile(moves: Int) throws {
        var nodes = TwoNodes()
        let sharer = nodes.atFirst { $0.sharer() }
        let owned = try #require(nodes.first.sharers[sharer]?.invitation)
        let others = try (0..<moves).map { try #require(RelayURL("https://\($0).example.org")) }
        nodes.second.storeIsSlow = true
        let id = nodes.second.connect()
        nodes.second.say(.resume(owned.lookup, owner: owned.owner), from: id)
        for other in others {
            nodes.second.answerNext()
            nodes.second.run()
            let found = try #require(nodes.second.store.find(owned.lookup))
            let moved = nodes.second.store.move(found, to: other)
            #expect(moved)
            nodes.second.answerNext()
            nodes.second.run()
        }
        nodes.second.storeIsSlow = false
        while !nodes.second.asked.isEmpty {
            nodes.second.answerNext()
            nodes.second.run()
        }
        let isResumed = moves < StoreQuestion.maximumLooks
        #expect((nodes.second.heard[id] == [.error(.unavailable)]) == !isResumed)
        #expect((nodes.second.store.find(owned.lookup)?.home == Self.two) == isResumed)
    }

    @Test("an owner who asks at another node is sent to where the invitation is, and a stranger learns nothing")
    func owner() throws {
        var nodes = TwoNodes()
        let sharer = nodes.atFirst { $0.sharer() }
        let owned = try #require(nodes.first.sharers[sharer]?.invitation)
        let id = nodes.second.connect()
        let messages: [(Secret) -> ClientMessage] = [
            { .status(owned.lookup, owner: $0) }, { .extend(owned.lookup, lifetime: 60, owner: $0) }, { .close(owned.lookup, owner: $0) },
        ]
        for message in messages { nodes.second.say(message(owned.owner), from: id) }
        #expect(nodes.second.heard[id] == Array(repeating: .elsewhere(Self.one), count: 3))
        let stranger = nodes.second.connect()
        for message in messages { nodes.second.say(message(MessageTests.owner), from: stranger) }
        #expect(nodes.second.heard[stranger] == Array(repeating: .gone, count: 3))
        let request = OwnerRequest(.status, of: InvitationOwnership(owned))
        #expect(request.answer(ServerMessage.elsewhere(Self.one).text) == .elsewhere(Self.one))
        #expect(nodes.first.store.find(owned.lookup)?.state == .open)
    }

    @Test("a node that is drained sends those who wait to another, and takes nobody new; who is in a meeting stays")
    func draining() throws {
        var nodes = TwoNodes()
        let waiting = nodes.atFirst { $0.sharer() }
        let (busy, helper, meeting) = nodes.atFirst { $0.pair() }
        nodes.atFirst { stage in
            stage.server.beginDraining()
            stage.run()
        }
        #expect(nodes.first.sharerEvents[waiting]?.last == .elsewhere(Self.two))
        #expect(nodes.first.heard[busy]?.contains(.elsewhere(Self.two)) == false)
        #expect(nodes.first.server.meetings[meeting] != nil && nodes.first.isVerified(helper))
        let late = nodes.first.connect()
        nodes.first.say(.create(InvitationTerms()), from: late)
        nodes.first.say(.resume(MessageTests.lookup, owner: MessageTests.owner), from: late)
        #expect(nodes.first.heard[late] == [.elsewhere(Self.two), .elsewhere(Self.two)])
        // Whoever has not gone yet is still met here, and found from elsewhere.
        nodes.second.server.fleet = FleetView(here: Self.two, leaving: [Self.one])
        let invitation = nodes.first.invitation(of: waiting)
        let asker = nodes.second.connect()
        nodes.second.say(.meet(invitation.lookup), from: asker)
        #expect(nodes.second.heard[asker] == [.elsewhere(Self.one)])
        let met = nodes.first.helper(invitation)
        #expect(nodes.first.isVerified(met))
    }

    @Test("a sharer who was in a handshake as the draining began is sent away when it is over, and nobody is told twice")
    func drainingHandshake() throws {
        var nodes = TwoNodes()
        let (waiting, sharer) = nodes.atFirst { ($0.sharer(), $0.sharer()) }
        let lookup = nodes.first.invitation(of: sharer).lookup
        let helper = nodes.atFirst { stage in
            let helper = stage.connect()
            stage.say(.meet(lookup), from: helper)
            stage.server.beginDraining()
            stage.run()
            return helper
        }
        func told(_ id: ConnectionID) -> Int { nodes.first.heard[id]?.count { $0 == .elsewhere(Self.two) } ?? 0 }
        #expect((told(waiting), told(sharer)) == (1, 0))
        nodes.atFirst { $0.disconnect(helper) }
        nodes.atFirst { $0.advance(seconds: 3) }
        #expect((told(waiting), told(sharer)) == (1, 1))
    }

    @Test("what the store was asked as the draining began is answered, and whoever waits here then is sent away")
    func drainingQuestion() throws {
        var nodes = TwoNodes()
        nodes.first.storeIsSlow = true
        let sharer = nodes.first.sharer()
        nodes.first.server.beginDraining()
        nodes.first.run()
        #expect(nodes.first.server.isAsking)
        nodes.first.answerNext()
        nodes.first.run()
        #expect(!nodes.first.server.isAsking && nodes.first.sharers[sharer]?.invitation != nil)
        nodes.first.advance(seconds: 2)
        #expect(nodes.first.sharerEvents[sharer]?.last == .elsewhere(Self.two))
    }

    @Test("a relay that is alone and drained says busy, as ever")
    func alone() {
        var stage = Stage()
        stage.server.fleet = FleetView(here: Self.one)
        let sharer = stage.sharer()
        stage.server.beginDraining()
        stage.run()
        let late = stage.connect()
        stage.say(.create(InvitationTerms()), from: late)
        #expect(stage.heard[late] == [.error(.busy)])
        #expect(stage.sharerEvents[sharer]?.count == 1)
    }

    @Test("a helper that was sent elsewhere waits for a connection, and is not lost with the one before")
    func redirectedClient() {
        var random = SeededRandom(seed: 5)
        var helper = HelperClient(invitation: Invitation(relay: nil, lookup: MessageTests.lookup, key: .randomCode(using: &random)))
        helper.connectionOpened(at: .zero)
        _ = helper.nextMessage()
        helper.receive(ServerMessage.elsewhere(Self.two).text, at: .zero)
        #expect(helper.nextEvent() == .elsewhere(Self.two) && helper.nextDeadline == nil)
        helper.receive(ServerMessage.gone.text, at: .zero)
        helper.connectionClosed()
        #expect(helper.nextEvent() == nil)
        helper.connectionOpened(at: .zero)
        #expect(helper.nextMessage() == ClientMessage.meet(MessageTests.lookup).text)
        #expect(helper.nextDeadline != nil)
    }

    @Test("a view has itself where there is no other, and nobody at home at a node that leaves")
    func view() {
        var random = SeededRandom(seed: 1)
        #expect(FleetView(here: Self.one).nodes == [Self.one])
        #expect(FleetView(here: Self.one, leaving: [Self.one]).nodes == [Self.one])
        #expect(FleetView(here: Self.one).another(using: &random) == nil)
        let leaving = FleetView(here: Self.one, others: [Self.two], leaving: [Self.one])
        #expect(leaving.nodes == [Self.two] && leaving.another(using: &random) == Self.two && leaving.reaches(Self.one))
        for number in 0..<50 { #expect(leaving.home(of: PersonName("person\(number)")!) == Self.two) }
    }
}
