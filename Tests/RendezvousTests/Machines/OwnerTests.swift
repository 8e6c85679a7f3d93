import NetPrimitives
@testable import Rendezvous
import Testing

/// What an owner asks for from another connection, and what everybody else hears who tries the same.
@Suite("An invitation's owner, from elsewhere")
struct OwnerTests {
    /// A relay, a sharer's program that waits, and what its owner's other programs have.
    struct Scene {
        var stage: Stage
        var sharer: ConnectionID
        var ownership: InvitationOwnership

        init(_ terms: InvitationTerms = .init(), configuration: MeetingServerConfiguration = .init()) throws {
            stage = Stage(configuration: configuration)
            sharer = stage.sharer(terms)
            ownership = InvitationOwnership(try #require(stage.sharers[sharer]?.invitation))
        }

        /// The relay's answer; nil when it has none.
        ///
        /// - Parameter connection: nil for one of its own, as a command has.
        mutating func ask(_ act: OwnerRequest.Act, on connection: ConnectionID? = nil) -> OwnerRequest.Answer? {
            let (request, id) = (OwnerRequest(act, of: ownership), connection ?? stage.connect())
            let before = stage.heard[id]?.count ?? 0
            stage.say(request.text, from: id)
            return (stage.heard[id] ?? []).dropFirst(before).lazy.compactMap { request.answer($0.text) }.first
        }

        mutating func state() -> InvitationStatus.State? {
            guard case .status(let status)? = ask(.status) else { return nil }
            return status.state
        }
    }

    @Test("is told how it stands, in every state that there is")
    func states() throws {
        var seen: Set<InvitationStatus.State> = []
        func expect(_ state: InvitationStatus.State, _ scene: inout Scene) {
            #expect(scene.state() == state)
            seen.insert(state)
        }
        var scene = try Scene()
        expect(.open, &scene)
        scene.stage.disconnect(scene.sharer)
        expect(.away, &scene)

        scene = try Scene()
        let helper = scene.stage.helper(scene.stage.invitation(of: scene.sharer))
        #expect(scene.stage.isVerified(helper))
        expect(.inUse, &scene)
        scene.stage.disconnect(helper, isSilent: true)
        expect(.inUse, &scene)  // its network is gone, and nobody knows more
        scene.stage.disconnect(scene.sharer)
        expect(.used, &scene)
        scene = try Scene()
        let (second, meeting) = (scene.stage.helper(scene.stage.invitation(of: scene.sharer)), scene.stage.verified(by: scene.sharer))
        #expect(scene.stage.isVerified(second))
        scene.stage.say(.leave(try #require(meeting.first)), from: scene.sharer)
        expect(.used, &scene)

        scene = try Scene()
        let wrong = scene.stage.wrongInvitation(of: scene.sharer)
        for _ in 0..<3 { _ = scene.stage.helper(wrong) }
        expect(.burnt, &scene)

        scene = try Scene()
        scene.stage.sharers[scene.sharer]?.revoke()
        scene.stage.run()
        expect(.revoked, &scene)

        scene = try Scene(InvitationTerms(lifetime: 20))
        scene.stage.advance(seconds: 19)
        expect(.open, &scene)
        scene.stage.advance(seconds: 1)
        expect(.expired, &scene)
        #expect(seen == Set(InvitationStatus.State.allCases))
    }

    @Test("revokes it: the program that waits hears of it, helpers find nothing, a session goes on")
    func revoke() throws {
        var scene = try Scene()
        let invitation = scene.stage.invitation(of: scene.sharer)
        #expect(scene.ask(.revoke) == .closed(.revoked))
        #expect(scene.stage.invitationEnds(of: scene.sharer) == [.revoked])
        let helper = scene.stage.helper(invitation)
        #expect(scene.stage.ends(of: helper) == [.gone])
        // Once more, or to make it longer: the answer is why it is over.
        #expect(scene.ask(.revoke) == .closed(.revoked))
        #expect(scene.ask(.extend(lifetime: 60)) == .closed(.revoked))

        scene = try Scene()
        let guest = scene.stage.helper(scene.stage.invitation(of: scene.sharer))
        #expect(scene.ask(.revoke) == .closed(.used))
        #expect(scene.stage.server.meetingCount == 1 && scene.stage.ends(of: guest) == [])
    }

    @Test("revokes what no program waits under any more, and nobody comes back to it")
    func revokeAbandoned() throws {
        var scene = try Scene()
        scene.stage.disconnect(scene.sharer)
        #expect(scene.ask(.revoke) == .closed(.revoked))
        let back = scene.stage.reconnect(scene.sharer)
        #expect(scene.stage.invitationEnds(of: back) + scene.stage.invitationEnds(of: scene.sharer) == [.revoked])
    }

    @Test("extends it, within the relay's longest life from its beginning on; the program that waits hears of it")
    func extend() throws {
        var configuration = MeetingServerConfiguration()
        configuration.longestInvitation = .seconds(100)
        var scene = try Scene(InvitationTerms(lifetime: 20), configuration: configuration)
        let made = scene.stage.wallClock
        scene.stage.advance(seconds: 15)
        let expires = scene.stage.wallClock.advanced(bySeconds: 30)
        #expect(scene.ask(.extend(lifetime: 30)) == .extended(expires))
        #expect(scene.stage.sharers[scene.sharer]?.invitation?.expires == expires)
        #expect(scene.ask(.status) == .status(InvitationStatus(state: .open, expires: expires)))
        scene.stage.advance(seconds: 29)
        #expect(scene.state() == .open)
        let longest = OwnerRequest.Answer.extended(made.advanced(bySeconds: 100))
        #expect(scene.ask(.extend(lifetime: 1000)) == longest)
        scene.stage.advance(seconds: 50)
        #expect(scene.ask(.extend(lifetime: 1000)) == longest)
        #expect(scene.ask(.extend(lifetime: 1000), on: scene.sharer) == longest, "the connection that waits may show the token too")
        scene.stage.advance(seconds: 6)
        #expect(scene.state() == .expired)
        #expect(scene.ask(.extend(lifetime: 5)) == .closed(.expired))
        #expect(scene.stage.invitationEnds(of: scene.sharer) == [.expired])
    }

    @Test("a shorter life in the relay's configuration takes nothing back from what was given")
    func shorterLife() throws {
        var scene = try Scene(InvitationTerms(lifetime: 1000))
        var configuration = MeetingServerConfiguration()
        configuration.longestInvitation = .seconds(10)
        scene.stage.server.reconfigure(configuration)
        let given = try #require(scene.stage.sharers[scene.sharer]?.invitation?.expires)
        #expect(scene.ask(.extend(lifetime: 5000)) == .extended(given))
    }

    @Test("whoever has another token hears of every invitation what is heard of none, to the byte")
    func strangers() throws {
        /// What a stranger hears of an invitation that `prepare` has brought into some state.
        func heard(_ prepare: (inout Scene) throws -> Void) throws -> [[UInt8]] {
            var scene = try Scene(InvitationTerms(lifetime: 50))
            try prepare(&scene)
            let before = scene.stage.store.find(scene.ownership.lookup)
            let stranger = scene.stage.connect(from: .v4(0x0B16_2207))
            let lookup = scene.ownership.lookup
            let messages: [ClientMessage] = [
                .status(lookup, owner: MessageTests.owner), .extend(lookup, lifetime: 60, owner: MessageTests.owner),
                .close(lookup, owner: MessageTests.owner), .resume(lookup, owner: MessageTests.owner),
            ]
            for message in messages { scene.stage.say(message, from: stranger) }
            #expect(scene.stage.store.find(lookup) == before)
            return (scene.stage.heard[stranger] ?? []).map(\.text)
        }
        let answers = try [
            heard { _ in },
            heard { $0.ownership = try #require(InvitationOwnership(lookup: "ZZZZZZ", token: $0.ownership.exposedToken)) },
            heard { $0.stage.disconnect($0.sharer) },
            heard { _ = $0.stage.helper($0.stage.invitation(of: $0.sharer)) },
            heard { #expect($0.ask(.revoke) == .closed(.revoked)) },
            heard { $0.stage.advance(seconds: 50) },
            heard { $0.stage.advance(seconds: 130) },
            heard { scene in
                let wrong = scene.stage.wrongInvitation(of: scene.sharer)
                for _ in 0..<3 { _ = scene.stage.helper(wrong) }
            },
        ]
        #expect(Set(answers) == [Array(repeating: ServerMessage.gone.text, count: 4)])
    }

    @Test("the relay takes the same steps for a stranger's invitation as for none")
    func steps() throws {
        var server = MeetingServer(random: SeededRandom(seed: 1)) { _, _ in nil }
        var store = InMemoryInvitationStore()
        var asked: [InvitationRequest] = []
        func say(_ message: ClientMessage, from number: UInt64) -> [ServerMessage] {
            server.receive(message.text, from: ConnectionID(number), at: .zero, wallClock: UnixTime(seconds: 1_795_000_000))
            var heard: [ServerMessage] = []
            while let output = server.nextOutput() {
                switch output {
                case .send(let text, let id): if id.number == number, let message = try? ServerMessage(parsing: text) { heard.append(message) }
                case .close: break
                case .ask(let ticket, let request):
                    asked.append(request)
                    server.answered(ticket, try? request.perform(in: &store), at: .zero, wallClock: UnixTime(seconds: 1_795_000_000))
                }
            }
            return heard
        }
        for id in 1...2 as ClosedRange<UInt64> { server.connectionOpened(ConnectionID(id), source: Stage.address, at: .zero) }
        guard case .created(let lookup, let owner, _, _, _, _)? = say(.create(InvitationTerms()), from: 1).first else {
            Issue.record("no invitation")
            return
        }
        let absent = try #require(Lookup("ZZZZZZ"))
        for message: (Lookup, Secret) -> ClientMessage in [
            { .status($0, owner: $1) }, { .extend($0, lifetime: 60, owner: $1) }, { .close($0, owner: $1) },
        ] {
            for (lookup, token) in [(lookup, MessageTests.owner), (absent, MessageTests.owner), (absent, owner)] {
                asked = []
                #expect(say(message(lookup, token), from: 2) == [.gone])
                #expect(asked == [.find(lookup)])
            }
        }
    }

    @Test("tokens are tried 240 times a minute, and a right one no more often")
    func rate() throws {
        var scene = try Scene()
        let spent = (0..<250).map { _ in scene.ask(.status) }
        #expect(spent.prefix(240).allSatisfy { $0 == spent[0] && $0 != nil })
        #expect(spent.dropFirst(240).allSatisfy { $0 == .refused(.rateLimited) })
        for act: OwnerRequest.Act in [.revoke, .extend(lifetime: 60)] { #expect(scene.ask(act) == .refused(.rateLimited)) }
        #expect(scene.stage.invitationEnds(of: scene.sharer) == [])
        scene.stage.advance(seconds: 2)
        #expect(scene.state() == .open)
    }

    @Test("where the relay does not let its owner invite any more, it can be asked for and revoked, and gets no longer")
    func forbidden() throws {
        var scene = try Scene()
        var configuration = MeetingServerConfiguration()
        configuration.inviters = []
        scene.stage.server.reconfigure(configuration)
        #expect(scene.ask(.extend(lifetime: 7200)) == .refused(.notAllowed))
        #expect(scene.state() == .open)
        #expect(scene.ask(.revoke) == .closed(.revoked))
    }

    @Test("a helper's connection is no owner's")
    func helperAsks() throws {
        var scene = try Scene(InvitationTerms(uses: 2))
        let helper = scene.stage.helper(scene.stage.invitation(of: scene.sharer))
        #expect(scene.ask(.status, on: helper) == .refused(.wrongState))
        #expect(scene.ask(.revoke, on: helper) == .refused(.wrongState))
        #expect(scene.state() == .open)
    }

    @Test("what is written down reads back as the same, prints nothing, and answers to others are no answers")
    func ownership() throws {
        let scene = try Scene()
        let token = scene.ownership.exposedToken
        #expect(InvitationOwnership(lookup: scene.ownership.lookup.text, token: token) == scene.ownership)
        #expect(InvitationOwnership(lookup: scene.ownership.lookup.text, token: String(token.dropLast())) == nil)
        #expect(InvitationOwnership(lookup: "?", token: token) == nil)
        #expect(!"\(scene.ownership)".contains(token) && !"\(OwnerRequest(.status, of: scene.ownership))".contains(token))
        let status = InvitationStatus(state: .open, expires: UnixTime(seconds: 9))
        let request = OwnerRequest(.status, of: scene.ownership)
        #expect(request.answer(ServerMessage.status(MessageTests.lookup, status).text) == nil)
        #expect(request.answer(ServerMessage.closed(scene.ownership.lookup, .used).text) == nil)
        #expect(request.answer(Array("nonsense".utf8)) == nil)
        #expect(request.answer(ServerMessage.status(scene.ownership.lookup, status).text) == .status(status))
    }
}
