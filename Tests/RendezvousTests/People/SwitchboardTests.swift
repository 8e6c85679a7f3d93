import NetPrimitives
@testable import Rendezvous
import Testing

/// One relay: who proves what, who gets which name, who sees whom.
@Suite("The switchboard")
struct SwitchboardTests {
    typealias Stage = ContactStage
    static let (ann, bob) = (PersonName("ann")!, PersonName("bob")!)

    // MARK: Identity

    @Test("who has the key is identified, and everything else closes the connection")
    func identifies() throws {
        var stage = Stage()
        let id = stage.person(1)
        #expect(stage.news(id) == [.identified])
        #expect(stage.switchboard.counters.proofs[.right] == 1)
        for message in ContactMessageTests.personMessages {
            let stranger = stage.connect()
            stage.say(message, from: stranger)
            guard case .identify = message else {
                #expect(stage.words(stranger) == [#"{"code":"wrong-state","type":"error"}"#], "\(message)")
                #expect(stage.closed.contains(stranger))
                continue
            }
            #expect(!stage.closed.contains(stranger))
        }
    }

    /// A proof that is made with what `change` says about host and key.
    static func proof(
        _ stage: inout ContactStage, as number: UInt8 = 1, host: String = "relay.example.org", signer: UInt8 = 1, nonce: [UInt8]? = nil
    ) throws -> (ConnectionID, [UInt8]) {
        let id = stage.connect()
        stage.say(.identify(ContactStage.identity(number).key), from: id)
        guard case .challenge(let challenge) = try SwitchboardMessage(parsing: Array((stage.heard[id]?.last ?? "").utf8)) else {
            throw MessageError.malformed
        }
        let statement = IdentityProof.statement(host: host, nonce: nonce ?? challenge, key: ContactStage.identity(number).key)
        let proof = ContactStage.identity(signer).signature(of: statement)
        stage.heard[id] = []
        stage.say(.prove(proof), from: id)
        return (id, proof)
    }

    @Test("a proof for another relay, of another key, or of another challenge is none")
    func wrongProofs() throws {
        var stage = Stage()
        let (id, old) = try Self.proof(&stage)
        #expect(stage.words(id) == [#"{"type":"identified"}"#])
        for (host, signer, nonce) in [
            ("evil.example.org", 1, nil), ("relay.example.org", 2, nil), ("relay.example.org", 1, [UInt8](repeating: 0, count: 32)),
        ] as [(String, UInt8, [UInt8]?)] {
            let (id, _) = try Self.proof(&stage, host: host, signer: signer, nonce: nonce)
            #expect(stage.words(id) == [#"{"code":"not-proven","of":"identify","type":"error"}"#])
            #expect(stage.closed.contains(id))
        }
        let again = stage.connect()
        stage.say(.identify(ContactStage.identity(1).key), from: again)
        stage.say(.prove(old), from: again)
        #expect(stage.closed.contains(again))
        #expect(stage.switchboard.counters.proofs[.wrong] == 4)
    }

    @Test("the host that was asked counts without regard to case")
    func hostCase() {
        var stage = Stage()
        let id = stage.connect(host: "Relay.Example.ORG")
        stage.clients[id] = PersonClient(identity: Stage.identity(1), random: SeededRandom(seed: 1))
        stage.change(id) { $0.connectionOpened(to: Stage.relay) }
        #expect(stage.news(id) == [.identified])
    }

    // MARK: Names

    @Test("a name is given once, kept for its key, and found by everybody")
    func names() {
        var stage = Stage()
        let (one, two) = (stage.person(1), stage.person(2))
        stage.change(one) { $0.register(Self.ann) }
        stage.change(one) { $0.register(Self.ann) }
        stage.change(two) { $0.register(Self.ann) }
        stage.change(two) { $0.look(up: Self.ann) }
        stage.change(two) { $0.look(up: Self.bob) }
        #expect(stage.news(one) == [.identified, .registered(Self.ann), .registered(Self.ann)])
        #expect(
            stage.news(two) == [
                .identified, .refused(.nameTaken, of: .register(Self.ann)), .person(Self.ann, Stage.identity(1).key),
                .person(Self.bob, nil),
            ])
        #expect(stage.switchboard.counters.namesRegistered == 1)
        #expect(stage.switchboard.counters.namesRefused[.taken] == 1)
    }

    @Test("who may have a name is the relay's policy; who has one keeps it")
    func policy() {
        var configuration = SwitchboardConfiguration()
        configuration.registrars = [CIDRBlock("10.0.0.0/8")!]
        var stage = Stage(configuration: configuration)
        let outside = stage.person(1)
        stage.change(outside) { $0.register(Self.ann) }
        #expect(stage.news(outside).last == .refused(.notAllowed, of: .register(Self.ann)))
        let inside = stage.person(1, from: .v4(0x0A00_0001))
        stage.change(inside) { $0.register(Self.ann) }
        #expect(stage.news(inside).last == .registered(Self.ann))
        stage.change(outside) { $0.register(Self.ann) }
        #expect(stage.news(outside).last == .registered(Self.ann))
    }

    @Test("new names of one source are bounded by the hour, and all of them by the directory")
    func nameBounds() {
        var configuration = SwitchboardConfiguration()
        configuration.newNamesPerHour = 3
        configuration.maximumPeople = 4
        var stage = Stage(configuration: configuration)
        let id = stage.person(1)
        for number in 0..<4 { stage.change(id) { $0.register(Stage.name("name\(number)")) } }
        #expect(stage.news(id).last == .refused(.rateLimited, of: .register(Stage.name("name3"))))
        stage.advance(seconds: 1)
        let other = stage.person(2, from: .v4(0x0B16_2202))
        for number in 3..<5 { stage.change(other) { $0.register(Stage.name("name\(number)")) } }
        #expect(
            stage.news(other).suffix(2) == [
                .registered(Stage.name("name3")), .refused(.busy, of: .register(Stage.name("name4"))),
            ])
        #expect(stage.store.people.count == 4)
    }

    // MARK: Presence

    @Test("who is there is seen by those whom they allow, for as long as they are there")
    func presence() {
        var stage = Stage()
        let ann = stage.present(1, as: "ann", allow: [2])
        let bob = stage.person(2)
        func ask(_ stage: inout Stage) -> PersonClient.Event? {
            stage.change(bob) { $0.askPresence(of: Self.ann) }
            return stage.news(bob).last
        }
        #expect(ask(&stage) == .presence(Self.ann, Stage.identity(1).key))
        stage.change(ann) { $0.allow([], strangers: true) }
        #expect(ask(&stage) == .presence(Self.ann, nil))
        stage.change(ann) { $0.allow([Stage.identity(2).key], strangers: false) }
        #expect(ask(&stage) == .presence(Self.ann, Stage.identity(1).key))
        stage.change(ann) { $0.stopPresence() }
        #expect(ask(&stage) == .presence(Self.ann, nil))
        stage.change(ann) { $0.present(Self.ann, allow: [Stage.identity(2).key], strangers: false) }
        #expect(ask(&stage) == .presence(Self.ann, Stage.identity(1).key))
        stage.disconnect(ann)
        #expect(ask(&stage) == .presence(Self.ann, nil))
        #expect(stage.switchboard.presentCount == 0)
    }

    @Test("nobody is there under a name that is another's, or nobody's")
    func notYours() {
        var stage = Stage()
        _ = stage.present(1, as: "ann", allow: [3])
        let bob = stage.person(2)
        for name in [Self.ann, Self.bob] {
            stage.change(bob) { $0.present(name, allow: [], strangers: true) }
            #expect(stage.news(bob).last == .refused(.notYours, of: .present(name)))
        }
        let friend = stage.person(3)
        stage.change(friend) { $0.askPresence(of: Self.ann) }
        #expect(stage.news(friend).last == .presence(Self.ann, Stage.identity(1).key))
    }

    @Test("a second connection of the same person replaces the first, which hears so and does not come back by itself")
    func replaced() {
        var stage = Stage()
        let first = stage.present(1, as: "ann", allow: [2])
        let second = stage.present(1, as: "ann", allow: [3])
        #expect(stage.news(first).last == .replaced)
        #expect(stage.closed == [first])
        stage.disconnect(first)
        #expect(stage.switchboard.presentCount == 1)
        let asker = stage.person(3)
        stage.change(asker) { $0.askPresence(of: Self.ann) }
        #expect(stage.news(asker).last == .presence(Self.ann, Stage.identity(1).key))
        let again = stage.reconnect(first)
        #expect(stage.news(again) == [.identified])
        #expect(!stage.closed.contains(second))
    }

    @Test("a name that was freed goes to its next owner, and with it the presence")
    func freed() throws {
        var stage = Stage()
        let old = stage.present(1, as: "ann", allow: [3])
        _ = try stage.store.forget(Self.ann)
        _ = stage.present(2, as: "ann", allow: [3])
        #expect(stage.news(old).last == .replaced)
        let asker = stage.person(3)
        stage.change(asker) { $0.askPresence(of: Self.ann) }
        #expect(stage.news(asker).last == .presence(Self.ann, Stage.identity(2).key))
    }

    // MARK: What must not be told apart

    /// What somebody may ask who is not to learn whether anybody is there.
    static let questions: [(String, PersonMessage)] = [
        ("presence", .presence(ann)),
        ("ring", .call(ContactMessageTests.call, ann, ContactStage.identity(1).key, .ring, payload: "x")),
        ("offer", .call(ContactMessageTests.call, ann, ContactStage.identity(1).key, .offer, payload: "x")),
        ("request", .call(ContactMessageTests.call, ann, ContactStage.identity(1).key, .request, payload: "x")),
    ]

    @Test("absent, not registered, not allowed, and another key than the named one are the same to the byte", arguments: questions)
    func sameAnswers(_ name: String, _ question: PersonMessage) throws {
        var answers: [[String]] = []
        for situation in 0..<5 {
            var stage = Stage()
            switch situation {
            case 0: break
            case 1: stage.disconnect(stage.present(1, as: "ann", allow: [2]))
            case 2: _ = stage.present(1, as: "ann", allow: [3])
            case 3: _ = stage.present(1, as: "ann")
            default: if name != "presence" { _ = stage.present(4, as: "ann", allow: [2], strangers: true) }
            }
            let asker = stage.person(2)
            _ = stage.words(asker)
            stage.say(question, from: asker)
            stage.advance(seconds: 700)
            answers.append(stage.heard[asker] ?? [])
        }
        #expect(Set(answers).count == 1, "\(answers)")
        #expect(answers[0].count == (name == "request" ? 2 : 1))
    }

    @Test("a request is heard by whoever takes requests, and its caller cannot tell from nobody, refusals and bounds included")
    func sameRequests() throws {
        var answers: [[String]] = []
        for isThere in [false, true] {
            var stage = Stage()
            let ann = isThere ? stage.present(1, as: "ann", strangers: true) : nil
            let asker = stage.person(2)
            _ = stage.words(asker)
            for number in 0..<20 { _ = stage.call("ann", 1, by: asker); if number == 2, let ann { stage.disconnect(ann) } }
            stage.advance(seconds: 700)
            answers.append(stage.words(asker))
        }
        #expect(answers[0] == answers[1])
        var stage = Stage()
        let ann = stage.present(1, as: "ann", strangers: true)
        let asker = stage.person(2)
        _ = stage.call("ann", 1, by: asker)
        let call = try #require(stage.ringing(at: ann))
        _ = stage.words(asker)
        stage.change(ann) { $0.hangUp(call, at: UnixTime(seconds: 1_795_000_000)) }
        #expect(stage.words(asker) == [])
    }

    // MARK: The store

    @Test("who waits for the store is answered in order, keeps nobody else waiting, and hears of a store that is away in five seconds")
    func storeAway() {
        var stage = Stage()
        let ann = stage.present(1, as: "ann", allow: [2, 3])
        let (bob, carol) = (stage.person(2), stage.person(3))
        _ = (stage.news(bob), stage.news(carol), stage.news(ann))
        stage.storeIsAway = true
        stage.change(bob) { $0.look(up: Self.ann) }
        stage.change(bob) { $0.askPresence(of: Self.ann) }
        stage.change(carol) { $0.askPresence(of: Self.ann) }
        #expect(stage.news(bob) == [])
        #expect(stage.news(carol) == [.presence(Self.ann, Stage.identity(1).key)])
        stage.advance(seconds: 4)
        #expect(stage.news(bob) == [])
        stage.advance(seconds: 1)
        #expect(stage.news(bob) == [.refused(.unavailable, of: .look(Self.ann)), .presence(Self.ann, Stage.identity(1).key)])
        // An answer that is late changes nothing.
        stage.storeIsAway = false
        stage.run()
        #expect(stage.news(bob) == [])
        stage.change(bob) { $0.look(up: Self.ann) }
        #expect(stage.news(bob) == [.person(Self.ann, Stage.identity(1).key)])
        #expect(stage.switchboard.counters.unanswered == 1)
    }

    @Test("what waits behind a question is bounded")
    func waitingBound() {
        var stage = Stage()
        let id = stage.person(1)
        stage.storeIsAway = true
        for _ in 0...stage.switchboard.configuration.maximumWaitingMessages { stage.say(.look(Self.ann), from: id) }
        #expect(!stage.closed.contains(id))
        stage.say(.look(Self.ann), from: id)
        #expect(stage.closed.contains(id))
        stage.disconnect(id)
        stage.storeIsAway = false
        stage.run()
        #expect(stage.switchboard.connectionCount == 0)
    }

    @Test("a client's questions never fill what may wait, however many contacts there are")
    func window() {
        var configuration = SwitchboardConfiguration()
        configuration.looksPerMinute = 1000
        var stage = Stage(configuration: configuration)
        let id = stage.person(1)
        stage.storeIsAway = true
        stage.change(id) { client in for _ in 0..<300 { client.look(up: Self.ann) } }
        #expect(!stage.closed.contains(id))
        stage.storeIsAway = false
        stage.run()
        #expect(stage.news(id).count { $0 == .person(Self.ann, nil) } == 300)
    }
}
