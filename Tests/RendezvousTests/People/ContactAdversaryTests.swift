import NetPrimitives
@testable import Rendezvous
import Testing

/// A relay that reads, drops, repeats, reorders, alters and invents: it can keep people from hearing of each other, and nothing else.
@Suite("A relay that plays the adversary between contacts")
struct ContactAdversaryTests {
    typealias Stage = ContactStage
    static let time = UnixTime(seconds: 1_795_000_000)

    enum Mutation: CaseIterable, Sendable { case drop, twice, reflect, hold, alter, truncate, kind, sender, nothing }

    /// Ann rings at Bob, who answers; the relay does something to one line.
    struct Run {
        var stage = Stage()
        var toBob: [PersonClient.Event] = []
        var toAnn: [PersonClient.Event] = []
        var lines: [String] = []

        init(_ mutation: Mutation, line target: Int) {
            final class Wire: @unchecked Sendable { var lines: [String] = []; var held: [UInt8]? }
            let wire = Wire()
            let touch: ([UInt8], ConnectionID) -> [[UInt8]] = { text, _ in
                defer { wire.lines.append(String(decoding: text, as: UTF8.self)) }
                if let late = wire.held, wire.lines.count > target { wire.held = nil; return [text, late] }
                guard wire.lines.count == target else { return [text] }
                switch mutation {
                case .nothing: return [text]
                case .drop: return []
                case .twice: return [text, text, text]
                case .hold: wire.held = text; return []
                case .reflect: return [text, Array(String(decoding: text, as: UTF8.self).replacing("answered", with: "called").utf8)]
                case .truncate: return [Array(text.dropLast(7))]
                case .alter: return [Self.altered(text)]
                case .kind: return [Array(String(decoding: text, as: UTF8.self).replacing("\"ring\"", with: "\"offer\"").utf8)]
                case .sender:
                    let eve = Stage.identity(3).key.text
                    return [Array(String(decoding: text, as: UTF8.self).replacing(Stage.identity(1).key.text, with: eve).utf8)]
                }
            }
            stage.onWayToClient = touch
            stage.onWayToRelay = touch
            let bob = stage.present(2, as: "bob", allow: [1, 3])
            let ann = stage.present(1, as: "ann")
            _ = stage.call("bob", 2, ContactAdversaryTests.letter, by: ann)
            for event in stage.events[bob] ?? [] {
                guard case .called(let call, _, _) = event else { continue }
                stage.change(bob) { $0.answer(call, .ringing, at: ContactAdversaryTests.time) }
                stage.change(bob) { $0.answer(call, .accepted, at: ContactAdversaryTests.time) }
            }
            toBob = stage.events[bob] ?? []
            toAnn = stage.events[ann] ?? []
            lines = wire.lines
        }

        /// A byte in the middle of the longest value is another one.
        static func altered(_ text: [UInt8]) -> [UInt8] {
            var text = text
            let place = text.count / 2
            text[place] = text[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            return text
        }

        /// What was read is what was written, by whom it was written, and once.
        var violation: String? {
            let called = toBob.compactMap { event -> (PersonKey, CallLetter)? in
                if case .called(_, let from, let letter) = event { (from, letter) } else { nil }
            }
            if called.count > 1 { return "a letter was read twice" }
            if let (from, letter) = called.first, from != Stage.identity(1).key || letter != ContactAdversaryTests.letter {
                return "another letter was read"
            }
            let answers = toAnn.compactMap { if case .answered(_, let letter) = $0 { letter } else { nil } }
            if Set(answers).count < answers.count { return "an answer was read twice" }
            if !answers.isEmpty, called.isEmpty { return "an answer to nothing" }
            if answers.contains(where: { $0 != .ringing && $0 != .accepted }) { return "another answer" }
            return nil
        }

        var isComplete: Bool { toAnn.contains { if case .answered(_, .accepted) = $0 { true } else { false } } }
    }

    static let letter = ContactStage.ring(message: "It does not print, and nobody else is to know.")

    @Test("whatever it does to one line, what is read is what was written, once, or nothing", arguments: Mutation.allCases)
    func mutations(_ mutation: Mutation) {
        let model = Run(.nothing, line: 0)
        #expect(model.isComplete && model.violation == nil)
        #expect(model.lines.count >= 18)
        for target in model.lines.indices {
            let run = Run(mutation, line: target)
            if let violation = run.violation { Issue.record("\(mutation) of line \(target), \(model.lines[target].prefix(60)): \(violation)") }
            if mutation == .nothing || mutation == .twice && model.lines[target].contains("answered") { #expect(run.isComplete) }
        }
    }

    @Test("what is on the wires holds nothing that was written")
    func reads() throws {
        let run = Run(.nothing, line: 0)
        guard case .ring(let ring) = Self.letter else { return }
        let secrets = [ring.key.exposedText, ring.lookup.text, "print", "accepted", "ringing"]
        for line in run.lines {
            for secret in secrets {
                #expect(!line.contains(secret), "\(line)")
                for offset in 0..<3 {
                    let form = Base64URL.encode(Array("xyz".utf8.prefix(offset)) + Array(secret.utf8)).dropFirst(offset + 1).dropLast(2)
                    #expect(!line.contains(form))
                }
            }
        }
    }

    /// What a client that is present for Ann makes of a call that the relay brings.
    static func heard(
        _ payload: String, from: PersonKey = Stage.identity(1).key, kind: CallKind = .ring, later seconds: Int = 0, twice: Bool = false,
        allow: [UInt8] = [1], strangers: Bool = false
    ) -> [PersonClient.Event] {
        var client = PersonClient(identity: Stage.identity(2), random: SeededRandom(seed: 1))
        client.present(PersonName("bob")!, allow: allow.map { Stage.identity($0).key }, strangers: strangers)
        client.connectionOpened(to: Stage.relay)
        let now = time.advanced(bySeconds: seconds)
        client.receive(SwitchboardMessage.challenge(ContactMessageTests.nonce).text, at: now)
        client.receive(SwitchboardMessage.identified.text, at: now)
        while client.nextEvent() != nil {}
        var random = SeededRandom(seed: 3)
        for _ in 0..<(twice ? 2 : 1) {
            client.receive(
                SwitchboardMessage.called(.random(using: &random), from: from, kind, payload: payload).text, at: now)
        }
        var events: [PersonClient.Event] = []
        while let event = client.nextEvent() { events.append(event) }
        return events
    }

    static func payload(
        _ letter: CallLetter = letter, _ kind: CallKind? = nil, from writer: UInt8 = 1, to reader: UInt8 = 2
    ) -> String {
        var random = SeededRandom(seed: 4)
        return Letter.seal(
            letter.text, .call(kind ?? letter.kind), from: Stage.identity(writer), to: Stage.identity(reader).key, at: time,
            using: &random)?.payload ?? ""
    }

    @Test("letters that are played back, late, of others, of another kind, or from whom nobody allowed are not read")
    func inventions() {
        let request = CallLetter.request(ContactRequest(from: Stage.me))
        #expect(Self.heard(Self.payload()).count == 1)
        #expect(Self.heard(Self.payload(), twice: true).count == 1)
        #expect(Self.heard(Self.payload(), later: 600).count == 1)
        #expect(Self.heard(Self.payload(), later: 601) == [])
        #expect(Self.heard(Self.payload(), from: Stage.identity(3).key, allow: [1, 3]) == [])
        #expect(Self.heard(Self.payload(from: 3), allow: [1, 3]) == [])
        #expect(Self.heard(Self.payload(to: 3)) == [])
        #expect(Self.heard(Self.payload(), kind: .offer) == [])
        #expect(Self.heard(Self.payload(Self.letter, .offer), kind: .offer) == [])
        #expect(Self.heard(Self.payload(), allow: [3]) == [])
        #expect(Self.heard(Self.payload(request), kind: .request) == [])
        #expect(Self.heard(Self.payload(request), kind: .request, strangers: true).count == 1)
        #expect(Self.heard("") == [])
    }

    @Test("a letter that was read stays read when the connection is another one")
    func replayAfterReconnect() throws {
        var stage = Stage()
        let bob = stage.present(2, as: "bob", allow: [1])
        let ann = stage.person(1)
        _ = stage.call("bob", 2, Self.letter, by: ann)
        let line = try #require(stage.heard[bob]?.last)
        let again = stage.reconnect(bob)
        _ = stage.news(again)
        stage.clients[again]?.receive(Array(line.utf8), at: stage.wallClock)
        stage.run()
        #expect(stage.news(again) == [])
    }

    @Test("answers that the relay makes up, or takes from another call, are not read")
    func foreignAnswers() throws {
        var stage = Stage()
        let bob = stage.present(2, as: "bob", allow: [1])
        let ann = stage.person(1)
        let first = stage.call("bob", 2, Self.letter, by: ann)
        let ringing = try #require(stage.ringing(at: bob))
        stage.change(bob) { $0.answer(ringing, .accepted, at: Self.time) }
        let answer = try #require(stage.heard[ann]?.last)
        let second = stage.call("bob", 2, Self.letter, by: ann)
        _ = stage.news(ann)
        for text in [answer, answer.replacing(first.text, with: second.text)] {
            stage.clients[ann]?.receive(Array(text.utf8), at: stage.wallClock)
        }
        var random = SeededRandom(seed: 4)
        for writer in [UInt8(2), 3] {
            let forged = Letter.seal(
                AnswerLetter.accepted.text, .answer, from: Stage.identity(writer), to: Stage.identity(1).key, at: Self.time,
                using: &random)
            stage.clients[ann]?.receive(SwitchboardMessage.answered(second, payload: forged?.payload ?? "").text, at: stage.wallClock)
        }
        stage.run()
        #expect(stage.news(ann) == [])
    }

    @Test("what was not asked says nothing: names, presences, calls")
    func unasked() throws {
        var stage = Stage()
        let id = stage.person(1)
        _ = stage.news(id)
        for message in ContactMessageTests.relayMessages {
            switch message {
            case .error(_, of: .identify), .error(_, of: .other): continue
            default: stage.clients[id]?.receive(message.text, at: stage.wallClock)
            }
        }
        stage.run()
        #expect(stage.news(id) == [])
    }

    @Test("random words from people and their relay break nothing, and leave nothing behind", arguments: 0..<20 as Range<UInt64>)
    func operations(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var stage = Stage(nodes: HomeTests.nodes)
        var ids: [ConnectionID] = []
        let names = (0..<6).map { PersonName("name\($0)")! }
        for step in 0..<400 {
            let id = ids.randomElement(using: &random)
            let name = names.randomElement(using: &random)!
            let number = UInt8.random(in: 1...6, using: &random)
            switch Int.random(in: 0..<16, using: &random) {
            case 0, 1: ids.append(stage.person(number, at: HomeTests.nodes.randomElement(using: &random)!))
            case 2: if let id { stage.disconnect(id); ids.removeAll { $0 == id } }
            case 3: if let id { stage.change(id) { $0.register(name) } }
            case 4, 5: if let id { stage.change(id) { $0.present(name, allow: (1...number).map { Stage.identity($0).key }, strangers: number > 3) } }
            case 6: if let id { stage.change(id) { $0.askPresence(of: name) } }
            case 7, 8: if let id { _ = stage.call(name.text, number, number > 3 ? Self.letter : .request(ContactRequest(from: Stage.me)), by: id) }
            case 9: if let id, let call = stage.ringing(at: id) { stage.change(id) { $0.answer(call, .ringing, at: Self.time) } }
            case 10: if let id, let call = stage.ringing(at: id) { stage.change(id) { $0.hangUp(call, at: Self.time) } }
            case 11: stage.advance(seconds: Int.random(in: 1...40, using: &random))
            case 12: stage.storeIsAway.toggle(); stage.run()
            case 13: if let id { stage.say(ContactMessageTests.personMessages.randomElement(using: &random)!, from: id) }
            case 14: if let id { stage.say(Array("{\"type\":\(step)".utf8), from: id) }
            default:
                let alive = HomeTests.nodes.filter { _ in Bool.random(using: &random) }
                for url in HomeTests.nodes { stage.nodes[url]?.setFleet(FleetView(here: url, others: alive)) }
            }
            for id in stage.closed { stage.disconnect(id); ids.removeAll { $0 == id } }
            for (url, node) in stage.nodes {
                #expect(node.present.count == node.connections.values.count { $0.presence != nil }, "seed \(seed), step \(step), \(url)")
                #expect(node.calls.values.allSatisfy { node.connections[$0.caller] != nil })
                #expect(node.calls.count == node.connections.values.reduce(0) { $0 + $1.outgoing.count })
                #expect(node.calls.values.count { $0.callee != nil } == node.connections.values.reduce(0) { $0 + $1.incoming.count })
            }
        }
        stage.storeIsAway = false
        for id in ids { stage.disconnect(id) }
        for id in stage.closed { stage.disconnect(id) }
        stage.advance(seconds: 10)
        for node in stage.nodes.values {
            #expect(node.connectionCount == 0 && node.presentCount == 0 && node.callCount == 0 && node.questions.isEmpty)
            #expect(node.nextDeadline == nil && node.connectionsBySource.isEmpty)
        }
    }
}
