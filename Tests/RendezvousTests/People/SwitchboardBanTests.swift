import NetPrimitives
@testable import Rendezvous
import Testing

/// Who is shut out, and what others see of it.
@Suite("The switchboard's bans")
struct SwitchboardBanTests {
    typealias Stage = ContactStage
    static let (ann, bob) = (PersonName("ann")!, PersonName("bob")!)

    /// As the store says of a name that somebody has.
    static func name(_ name: PersonName, of number: UInt8) -> PersonBans {
        PersonBans([Ban(.person(name), added: UnixTime(seconds: 1), holder: Stage.identity(number).key)])
    }

    static func key(_ number: UInt8) -> PersonBans { PersonBans([Ban(.key(KeyFingerprint(Stage.identity(number).key)), added: UnixTime(seconds: 1))]) }

    static let bansOfBob = [("by name", name(bob, of: 2)), ("by key", key(2)), ("a name whose key nobody knows yet", PersonBans(names: [bob]))]

    @Test("who is there hears it once and is closed, and nobody else is", arguments: bansOfBob)
    func closes(_: String, bans: PersonBans) throws {
        var stage = Stage()
        let (ann, bob) = (stage.present(1, as: "ann", allow: [2]), stage.present(2, as: "bob", allow: [1]))
        _ = (stage.words(ann), stage.words(bob), stage.news(bob))
        stage.setBans(bans)
        #expect(stage.words(bob) == [#"{"code":"banned","type":"error"}"#])
        #expect(stage.news(bob) == [.refused(.banned, of: .other)])
        #expect(stage.closed == [bob])
        #expect(stage.words(ann).isEmpty)
        stage.setBans(bans)
        #expect(stage.words(bob).isEmpty)
        #expect(stage.switchboard.counters.banned[.closed] == 1)
    }

    @Test("with the key nobody comes in, under whatever name; without the key nobody learns it", arguments: [name(bob, of: 2), key(2)])
    func refuses(bans: PersonBans) throws {
        var stage = Stage()
        stage.setBans(bans)
        let id = stage.present(2, as: "another")
        #expect(stage.words(id).last == #"{"code":"banned","of":"identify","type":"error"}"#)
        #expect(stage.news(id) == [.refused(.banned, of: .identify)])
        #expect(stage.closed == [id] && stage.store.people.isEmpty && stage.switchboard.presentCount == 0)
        let (impostor, _) = try SwitchboardTests.proof(&stage, as: 2, signer: 3)
        #expect(stage.words(impostor) == [#"{"code":"not-proven","of":"identify","type":"error"}"#])
        #expect(stage.switchboard.counters.banned[.refused] == 1)
    }

    @Test("a banned name is one that is taken, and nobody is there under it")
    func names() {
        var stage = Stage()
        stage.setBans(PersonBans(names: [Self.bob]))
        let id = stage.person(3)
        stage.change(id) { $0.register(Self.bob) }
        #expect(stage.news(id).last == .refused(.nameTaken, of: .register(Self.bob)))
        stage.change(id) { $0.present(Self.bob, allow: [], strangers: true) }
        #expect(stage.news(id).last == .refused(.notYours, of: .present(Self.bob)))
        stage.change(id) { $0.register(Self.ann) }
        #expect(stage.news(id).last == .registered(Self.ann))
        #expect(stage.store.people[Self.bob] == nil && !stage.closed.contains(id))
    }

    /// Where a stranger asks for a name.
    enum Place: CaseIterable {
        case home, another, drainingHome, drainingAlone, storeAway
    }

    /// All that a stranger hears who asks for a name in every way, and whether the store was asked. `ban` is made before they come.
    static func heard(at place: Place, owned: Bool, asking: [(PersonName) -> PersonMessage], ban: (PersonName) -> PersonBans) -> [String] {
        let urls = place == .drainingAlone ? [Stage.relay] : HomeTests.nodes
        let name = place == .drainingAlone ? bob : HomeTests.nameAtHome(1)
        var stage = Stage(nodes: urls)
        if owned { stage.store.people[name] = Stage.identity(2).key }
        stage.setBans(ban(name))
        let here = place == .drainingAlone ? urls[0] : urls[place == .another ? 0 : 1]
        let stranger = stage.person(3, at: here)
        _ = stage.words(stranger)
        if place == .drainingHome || place == .drainingAlone { stage.nodes[here]?.beginDraining() }
        stage.storeIsAway = place == .storeAway
        for question in asking { stage.say(question(name), from: stranger) }
        let asked = stage.questions.map { "\($0.2)" }
        // Longer than a question to the store may take, for each of them.
        if stage.storeIsAway { for _ in asking { stage.advance(seconds: 6) } }
        return stage.words(stranger) + asked + (stage.closed.contains(stranger) ? ["closed"] : [])
    }

    @Test(
        "a stranger who asks for the name of whoever is banned hears what they would hear without the ban, to the byte, wherever they ask",
        arguments: Place.allCases)
    func stranger(place: Place) {
        let presence: (PersonName) -> PersonMessage = { .present($0, .empty, strangers: true) }
        let asking: [(PersonName) -> PersonMessage] = [
            presence, { .look($0) }, { .register($0) }, { .presence($0) },
            { .call(ContactMessageTests.call, $0, Stage.identity(2).key, .ring, payload: "x") },
        ]
        let without = Self.heard(at: place, owned: true, asking: asking) { _ in PersonBans() }
        #expect(without.count >= asking.count)
        for ban in [{ Self.name($0, of: 2) }, { PersonBans(names: [$0]) }, { _ in Self.key(2) }] as [(PersonName) -> PersonBans] {
            #expect(Self.heard(at: place, owned: true, asking: asking, ban: ban) == without)
        }
        // A name that nobody has: all but the registration, which nobody can be given.
        let free = Self.heard(at: place, owned: false, asking: [presence] + asking.dropFirst(3)) { _ in PersonBans() }
        #expect(Self.heard(at: place, owned: false, asking: [presence] + asking.dropFirst(3)) { PersonBans(names: [$0]) } == free)
        let code =
            switch place {
            case .home: "not-yours"
            case .another, .drainingHome: #""type":"elsewhere""#
            case .drainingAlone: "busy"
            case .storeAway: "unavailable"
            }
        #expect(without.contains { $0.contains(code) } && free.contains { $0.contains(code) })
    }

    @Test("who got a banned name while its ban was on its way is not shut out, and is not there under it")
    func innocent() {
        var stage = Stage()
        let id = stage.person(3)
        stage.storeIsAway = true
        stage.change(id) { $0.register(Self.bob) }
        // The store was asked whether it is free.
        stage.setBans(PersonBans(names: [Self.bob]))
        stage.storeIsAway = false
        stage.run()
        #expect(stage.news(id).last == .refused(.nameTaken, of: .register(Self.bob)))
        #expect(stage.store.people[Self.bob] == nil)
        stage.setBans(PersonBans())
        // At a node that does not know of the ban yet.
        stage.change(id) { $0.register(Self.bob) }
        #expect(stage.news(id).last == .registered(Self.bob))
        stage.storeIsAway = true
        stage.change(id) { $0.present(Self.bob, allow: [], strangers: true) }
        stage.setBans(PersonBans(names: [Self.bob]))
        stage.storeIsAway = false
        stage.run()
        #expect(stage.news(id).last == .refused(.notYours, of: .present(Self.bob)))
        stage.change(id) { $0.register(Self.bob) }
        #expect(stage.news(id).last == .refused(.nameTaken, of: .register(Self.bob)))
        stage.change(id) { $0.register(Self.ann) }
        stage.change(id) { $0.present(Self.ann, allow: [], strangers: true) }
        #expect(stage.news(id).last == .present(Self.ann))
        #expect(!stage.closed.contains(id) && stage.switchboard.presentCount == 1)
    }

    @Test("to others whoever is banned is as absent as who has gone, to the byte", arguments: bansOfBob)
    func absent(_: String, bans: PersonBans) {
        /// All that somebody hears who asks for bob and calls him, after he has gone in one way or the other.
        func heard(_ going: (inout Stage, ConnectionID) -> Void) -> [String] {
            var stage = Stage()
            let (ann, bob) = (stage.present(1, as: "ann", allow: [2]), stage.present(2, as: "bob", allow: [1], strangers: true))
            _ = stage.call("bob", 2, Stage.ring(), by: ann)
            going(&stage, bob)
            stage.change(ann) { $0.look(up: Self.bob) }
            stage.change(ann) { $0.askPresence(of: Self.bob) }
            for letter in [Stage.ring(), .request(ContactRequest(from: Stage.me))] { _ = stage.call("bob", 2, letter, by: ann) }
            return stage.words(ann)
        }
        let gone = heard { $0.disconnect($1) }
        let banned = heard { stage, bob in
            stage.setBans(bans)
            // Nothing may hang on whether the connection's end was seen already.
            stage.disconnect(bob)
        }
        #expect(banned == gone)
        #expect(gone.contains { $0.contains(#""unavailable""#) } && gone.contains { $0.contains(#""here":false"#) })
    }

    @Test("between the ban and the connection's end nobody reaches them either")
    func closing() {
        var stage = Stage()
        let (ann, bob) = (stage.present(1, as: "ann", allow: [2]), stage.present(2, as: "bob", allow: [1]))
        stage.setBans(Self.key(2))
        _ = (stage.words(ann), stage.words(bob))
        stage.change(ann) { $0.askPresence(of: Self.bob) }
        _ = stage.call("bob", 2, Stage.ring(), by: ann)
        _ = stage.call("ann", 1, Stage.ring(), by: bob)
        #expect(stage.words(ann) == [#"{"here":false,"name":"bob","type":"presence"}"#, #"{"call":"…","type":"unavailable"}"#])
        #expect(stage.words(bob).isEmpty)
    }

    @Test("an answer of the store that comes after the ban brings nobody in")
    func late() {
        var stage = Stage()
        let id = stage.person(2)
        stage.change(id) { $0.register(Self.bob) }
        stage.storeIsAway = true
        stage.change(id) { $0.present(Self.bob, allow: [], strangers: true) }
        stage.setBans(Self.key(2))
        _ = stage.words(id)
        stage.storeIsAway = false
        stage.run()
        #expect(stage.words(id).isEmpty)
        stage.disconnect(id)
        #expect(stage.switchboard.presentCount == 0 && stage.switchboard.connectionCount == 0)
    }

    @Test("when the ban is over they are let in again")
    func over() {
        var stage = Stage()
        let id = stage.present(2, as: "bob")
        stage.setBans(Self.key(2))
        let again = stage.reconnect(id)
        #expect(stage.closed.contains(again))
        stage.setBans(PersonBans())
        let later = stage.reconnect(again)
        #expect(stage.news(later).last == .present(Self.bob))
        #expect(stage.switchboard.presentCount == 1)
    }
}

extension ContactStage {
    /// At all nodes.
    fileprivate mutating func setBans(_ bans: PersonBans) {
        for url in nodes.keys { nodes[url]?.setBans(bans) }
        run()
    }
}
