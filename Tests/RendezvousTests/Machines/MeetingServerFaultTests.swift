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
