import NetPrimitives
@testable import Rendezvous
import Testing

/// Two people's clients and a relay between them.
@Suite("Calls between contacts")
struct CallTests {
    typealias Stage = ContactStage
    static let time = UnixTime(seconds: 1_795_000_000)

    static let letters: [CallLetter] = [
        Stage.ring(message: "It does not print."),
        .offer(Offer(from: Stage.me, id: ContactMessageTests.call, ceiling: .view, message: nil)),
    ]

    @Test("a letter reaches a contact, their answers come back in order, and either side ends it", arguments: letters)
    func call(_ letter: CallLetter) throws {
        var stage = Stage()
        let bob = stage.present(2, as: "bob", allow: [1])
        let ann = stage.present(1, as: "ann")
        _ = (stage.news(ann), stage.words(ann))
        let call = stage.call("bob", 2, letter, by: ann)
        let ringing = try #require(stage.ringing(at: bob))
        #expect(stage.news(bob).last == .called(ringing, from: Stage.identity(1).key, letter))
        #expect(stage.words(ann) == [])
        for answer in [AnswerLetter.ringing, .accepted] { stage.change(bob) { $0.answer(ringing, answer, at: Self.time) } }
        #expect(stage.news(ann) == [.answered(call, .ringing), .answered(call, .accepted)])
        stage.change(ann) { $0.hangUp(call, saying: .taken, at: Self.time) }
        #expect(stage.news(bob) == [.hungUp(ringing, .taken)])
        #expect(stage.switchboard.callCount == 0)

        let second = stage.call("bob", 2, letter, by: ann)
        let again = try #require(stage.ringing(at: bob))
        #expect(again != ringing)
        stage.change(bob) { $0.hangUp(again, saying: .declined, at: Self.time) }
        #expect(stage.news(ann) == [.hungUp(second, .declined)])
        stage.change(bob) { $0.answer(again, .accepted, at: Self.time) }
        #expect(stage.news(ann) == [])
        #expect(stage.switchboard.callCount == 0)
    }

    @Test("nobody who may take it: unavailable, and nothing is kept")
    func unavailable() throws {
        var stage = Stage()
        let bob = stage.present(2, as: "bob", allow: [3])
        let ann = stage.person(1)
        _ = stage.news(ann)
        let call = stage.call("bob", 2, Stage.ring(), by: ann)
        #expect(stage.news(ann) == [.unavailable(call)])
        #expect(stage.ringing(at: bob) == nil)
        #expect(stage.switchboard.callCount == 0)
    }

    @Test("a stranger's request is heard by who takes requests, and can be answered with a card")
    func request() throws {
        var stage = Stage()
        let bob = stage.present(2, as: "bob", strangers: true)
        let ann = stage.person(1)
        _ = stage.news(ann)
        let letter = CallLetter.request(ContactRequest(from: Stage.me, message: "Ann from the office"))
        let call = stage.call("bob", 2, letter, by: ann)
        let ringing = try #require(stage.ringing(at: bob))
        #expect(stage.news(bob).last == .called(ringing, from: Stage.identity(1).key, letter))
        let address = PersonAddress(name: Stage.name("bob"), relay: Stage.relay)
        stage.change(bob) { $0.answer(ringing, .card(address), at: Self.time) }
        #expect(stage.news(ann) == [.asked(call), .answered(call, .card(address))])
    }

    @Test("a lost connection ends its calls on the other side")
    func lost() throws {
        for loser in 0...1 {
            var stage = Stage()
            let bob = stage.present(2, as: "bob", allow: [1])
            let ann = stage.person(1)
            let call = stage.call("bob", 2, Stage.ring(), by: ann)
            let ringing = try #require(stage.ringing(at: bob))
            stage.disconnect(loser == 0 ? ann : bob)
            #expect(stage.news(ann).last == .hungUp(call, nil))
            #expect(stage.news(bob).last == .hungUp(ringing, nil))
            #expect(stage.switchboard.callCount == 0)
        }
    }

    @Test("a call that nobody answers ends after three minutes, a request after ten")
    func timeouts() throws {
        for (letter, seconds) in [(Stage.ring(), 180), (.request(ContactRequest(from: Stage.me)), 600)] {
            var stage = Stage()
            let bob = stage.present(2, as: "bob", allow: [1], strangers: true)
            let ann = stage.present(1, as: "ann")
            let call = stage.call("bob", 2, letter, by: ann)
            let ringing = try #require(stage.ringing(at: bob))
            stage.advance(seconds: seconds - 1)
            #expect(stage.news(bob).last != .hungUp(ringing, nil))
            stage.advance(seconds: 1)
            #expect(stage.news(ann).last == .hungUp(call, nil))
            #expect(stage.news(bob).last == .hungUp(ringing, nil))
        }
    }

    @Test("calls are bounded: of one caller, of one caller at one callee, and at a callee, strangers apart")
    func bounds() throws {
        var configuration = SwitchboardConfiguration()
        configuration.maximumOutgoingCalls = 3
        configuration.maximumIncomingCalls = 3
        configuration.maximumIncomingRequests = 2
        var stage = Stage(configuration: configuration)
        let bob = stage.present(9, as: "bob", allow: [1, 2, 3], strangers: true)
        let people = (1...5).map { stage.person($0) }
        func kinds(_ stage: inout Stage) -> [CallKind] {
            stage.news(bob).compactMap { if case .called(_, _, let letter) = $0 { letter.kind } else { nil } }
        }
        // Two of one caller at one callee.
        for _ in 0..<3 { _ = stage.call("bob", 9, Stage.ring(), by: people[0]) }
        #expect(kinds(&stage) == [.ring, .ring])
        // Three at one callee.
        _ = stage.call("bob", 9, Stage.ring(), by: people[1])
        _ = stage.call("bob", 9, Stage.ring(), by: people[2])
        #expect(kinds(&stage) == [.ring])
        // Strangers have their own bound.
        for person in people[2...] { _ = stage.call("bob", 9, by: person) }
        #expect(kinds(&stage) == [.request, .request])
        // Three of one caller.
        for _ in 0..<3 { _ = stage.call("nobody", 8, by: people[4]) }
        let call = stage.call("nobody", 8, by: people[4])
        #expect(stage.news(people[4]).last == .refused(.busy, of: .call(call)))
    }

    @Test("letters back within a call are bounded")
    func answers() throws {
        var stage = Stage()
        let bob = stage.present(2, as: "bob", allow: [1])
        let ann = stage.person(1)
        _ = stage.call("bob", 2, Stage.ring(), by: ann)
        let ringing = try #require(stage.ringing(at: bob))
        _ = stage.news(ann)
        for _ in 0..<20 { stage.change(bob) { $0.answer(ringing, .ringing, at: Self.time) } }
        #expect(stage.news(ann).count == stage.switchboard.configuration.maximumAnswers)
    }

    @Test("nobody answers or ends calls of others, nor opens one twice under one number")
    func foreign() throws {
        var stage = Stage()
        let bob = stage.present(2, as: "bob", allow: [1])
        let (ann, eve) = (stage.person(1), stage.person(3))
        let call = stage.call("bob", 2, Stage.ring(), by: ann)
        let ringing = try #require(stage.ringing(at: bob))
        for id in [call, ringing] {
            stage.say(.answer(id, payload: "x"), from: eve)
            stage.say(.hangUp(id, payload: nil), from: eve)
        }
        stage.say(.answer(ringing, payload: "x"), from: ann)
        #expect(stage.switchboard.callCount == 1)
        _ = stage.words(ann)
        stage.say(.call(call, Stage.name("bob"), Stage.identity(2).key, .ring, payload: "x"), from: ann)
        #expect(stage.words(ann) == [#"{"call":"…","code":"wrong-state","of":"call","type":"error"}"#])
        #expect(stage.switchboard.callCount == 1)
    }
}
