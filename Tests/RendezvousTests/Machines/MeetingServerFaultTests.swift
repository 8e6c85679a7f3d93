import NetPrimitives
import Rendezvous
import Testing

@Suite("The relay, and what is no message or no store")
struct MeetingServerFaultTests {
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

    @Test("a store that fails is said to be unavailable, and nothing changes")
    func brokenStore() {
        var stage = Stage()
        stage.storeIsSlow = true
        let id = stage.connect()
        for message: ClientMessage in [
            .create(InvitationTerms()), .meet(MessageTests.lookup),
            .resume(MessageTests.lookup, owner: MessageTests.owner), .status(MessageTests.lookup, owner: MessageTests.owner),
        ] {
            stage.say(message, from: id)
            stage.answerNext(works: false)
            stage.run()
        }
        #expect(stage.heard[id] == Array(repeating: .error(.unavailable), count: 4))
        #expect(stage.server.waitingCount == 0 && stage.server.meetingCount == 0)
        #expect(stage.asked.isEmpty)
    }
}
