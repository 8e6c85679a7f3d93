import NetPrimitives
@testable import Rendezvous
import Testing

/// Connections, rates, traffic and time: what the switchboard takes of one source, and of all.
@Suite("The switchboard's bounds")
struct SwitchboardBoundTests {
    typealias Stage = ContactStage
    static let (ann, bob) = (PersonName("ann")!, PersonName("bob")!)

    @Test("connections are bounded, in all and by source; what is left over leaves nothing behind")
    func connectionBounds() {
        var configuration = SwitchboardConfiguration()
        configuration.maximumConnections = 3
        configuration.maximumConnectionsPerSource = 2
        var stage = Stage(configuration: configuration)
        let ids = [stage.connect(), stage.connect(), stage.connect()]
        #expect(stage.closed == [ids[2]])
        _ = stage.connect(from: .v4(0x0B16_2202))
        let fifth = stage.connect(from: .v4(0x0B16_2203))
        #expect(stage.closed.contains(fifth))
        for id in ids { stage.disconnect(id) }
        #expect(stage.switchboard.connectionCount == 1)
        let sixth = stage.connect()
        #expect(!stage.closed.contains(sixth))
    }

    @Test("who says nothing, proves nothing, or is neither present nor in a call is closed after a while")
    func idle() {
        var stage = Stage()
        let silent = stage.connect()
        let half = stage.connect()
        stage.say(.identify(Stage.identity(1).key), from: half)
        let done = stage.person(2)
        let caller = stage.person(4)
        let there = stage.present(3, as: "ann", allow: [4])
        _ = stage.call("ann", 3, Stage.ring(), by: caller)
        stage.advance(seconds: 29)
        #expect(stage.closed.isEmpty)
        stage.advance(seconds: 1)
        #expect(stage.closed == [silent, half])
        stage.advance(seconds: 90)
        #expect(stage.closed == [silent, half, done])
        stage.advance(seconds: 180)
        #expect(stage.closed == [silent, half, done, caller])
        stage.advance(seconds: 3600)
        #expect(!stage.closed.contains(there))
    }

    @Test("what one source asks is bounded by the minute")
    func rates() {
        var configuration = SwitchboardConfiguration()
        configuration.looksPerMinute = 2
        configuration.presencesPerMinute = 2
        configuration.callsPerMinute = 2
        configuration.identificationsPerMinute = 2
        var stage = Stage(configuration: configuration)
        let (one, two) = (stage.person(1), stage.person(2))
        for id in [one, two] {
            stage.change(id) { $0.look(up: Self.ann) }
            stage.change(id) { $0.askPresence(of: Self.ann) }
            _ = stage.call("ann", 3, by: id)
        }
        _ = (stage.news(one), stage.news(two))
        stage.change(one) { $0.look(up: Self.ann) }
        stage.change(one) { $0.askPresence(of: Self.ann) }
        let call = stage.call("ann", 3, by: one)
        #expect(
            stage.news(one) == [
                .refused(.rateLimited, of: .look(Self.ann)), .refused(.rateLimited, of: .presence(Self.ann)),
                .refused(.rateLimited, of: .call(call)),
            ])
        let third = stage.person(3)
        #expect(stage.news(third) == [.refused(.rateLimited, of: .identify)])
        let elsewhere = stage.person(4, from: .v4(0x0B16_2202))
        stage.change(elsewhere) { $0.look(up: Self.ann) }
        #expect(stage.news(elsewhere).last == .person(Self.ann, nil))
    }

    @Test("the table of sources is bounded")
    func sources() {
        var configuration = SwitchboardConfiguration()
        configuration.maximumSources = 100
        var limiter = SwitchboardLimiter(configuration)
        for number in 0..<1000 {
            let isAllowed = limiter.allows(.look, from: .v4(UInt32(number)), at: .zero)
            #expect(isAllowed && limiter.count <= 100)
        }
        limiter.sweep(at: .zero + .seconds(60))
        #expect(limiter.count == 0)
    }

    @Test("too much traffic closes the connection")
    func traffic() {
        var stage = Stage()
        let id = stage.person(1)
        let text = [UInt8](repeating: 0x20, count: 20_000)
        for _ in 0..<60 where !stage.closed.contains(id) { stage.say(#"{"type":"later","x":""#.utf8 + text + Array("\"}".utf8), from: id) }
        #expect(stage.closed.contains(id))
        #expect(stage.words(id).last == #"{"code":"rate-limited","type":"error"}"#)
    }

    @Test("a relay that drains takes nobody more, and keeps who is there")
    func draining() {
        var stage = Stage()
        let ann = stage.present(1, as: "ann", allow: [2])
        stage.nodes[Stage.relay]?.beginDraining()
        let bob = stage.present(2, as: "bob")
        #expect(stage.news(bob).last == .refused(.busy, of: .present(Self.bob)))
        stage.change(bob) { $0.askPresence(of: Self.ann) }
        #expect(stage.news(bob).last == .presence(Self.ann, Stage.identity(1).key))
        #expect(!stage.closed.contains(ann))
    }
}
