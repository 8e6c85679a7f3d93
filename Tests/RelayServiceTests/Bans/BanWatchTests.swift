import Logging
import NIOCore
import NIOEmbedded
import NetPrimitives
import Relay
@testable import RelayService
import Rendezvous
import Synchronization
import TestSupport
import Testing

@Suite("BanWatch and BanGate")
struct BanWatchTests {
    struct Failure: Error {}

    /// What the store has; nil: it fails.
    final class Shelf: Sendable {
        let bans = Mutex<[Ban]?>([])
        func read() throws -> [Ban] {
            guard let bans = bans.withLock({ $0 }) else { throw Failure() }
            return bans
        }
    }

    private func ban(_ subject: BanSubject, expires: UInt64? = nil) -> Ban {
        Ban(subject, added: UnixTime(seconds: 1), expires: expires.map(UnixTime.init(seconds:)))
    }

    @Test("tells what has changed, once; while the store fails what was read holds until its end")
    func look() async throws {
        let shelf = Shelf()
        let watch = BanWatch(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) { _ in try shelf.read() }
        #expect(await watch.look(at: UnixTime(seconds: 10)) == nil)
        #expect(watch.now.lastRead != nil)
        let alice = ban(try #require(BanSubject(user: "alice")), expires: 30)
        let network = ban(try BanSubject(address: "192.0.2.0/24"))
        shelf.bans.withLock { $0 = [network, alice] }
        let both = BansInForce(relay: BanRules(users: ["alice"], addresses: [CIDRBlock(literal: "192.0.2.0/24")]))
        #expect(await watch.look(at: UnixTime(seconds: 12)) == both)
        #expect(await watch.look(at: UnixTime(seconds: 14)) == nil)
        shelf.bans.withLock { $0 = nil }
        #expect(await watch.look(at: UnixTime(seconds: 16)) == nil)
        #expect(watch.now.bans == both)
        let rest = BansInForce(relay: BanRules(addresses: [CIDRBlock(literal: "192.0.2.0/24")]))
        #expect(await watch.look(at: UnixTime(seconds: 30)) == rest)
        shelf.bans.withLock { $0 = [] }
        #expect(await watch.look(at: UnixTime(seconds: 32)) == BansInForce())
    }

    @Test("a name that another key has by now is a change, and its ban covers that one")
    func holders() async throws {
        let shelf = Shelf()
        let watch = BanWatch(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) { _ in try shelf.read() }
        let carol = try #require(PersonName("carol"))
        for number in 1...2 as ClosedRange<UInt8> {
            let key = try #require(PersonKey([UInt8](repeating: number, count: PersonKey.size)))
            shelf.bans.withLock { $0 = [Ban(.person(carol), added: UnixTime(seconds: 1), holder: key)] }
            #expect(
                await watch.look(at: UnixTime(seconds: 10))
                    == BansInForce(people: PersonBans(names: [carol], keys: [KeyFingerprint(key)])))
        }
        shelf.bans.withLock { $0 = [self.ban(.person(carol))] }
        #expect(await watch.look(at: UnixTime(seconds: 12)) == BansInForce(people: PersonBans(names: [carol])))
    }

    @Test("a gate closes what it has let in, lets nobody in who is banned, and forgets who has gone")
    func gate() throws {
        let gate = BanGate()
        let channels = [EmbeddedChannel(), EmbeddedChannel(), EmbeddedChannel()]
        let sources = ["192.0.2.7", "::ffff:192.0.2.8", "198.51.100.1"].map(IPAddress.init(literal:))
        for (channel, source) in zip(channels, sources) {
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            #expect(gate.admit(channel, from: source))
        }
        #expect(gate.enforce(BanRules(addresses: [CIDRBlock(literal: "192.0.2.0/24")])) == 2)
        for channel in channels { channel.embeddedEventLoop.run() }
        #expect(channels.map(\.isActive) == [false, false, true])
        let other = EmbeddedChannel()
        #expect(!gate.admit(other, from: sources[0]))
        #expect(gate.counts.closed == 2 && gate.counts.refused == 1)
        for channel in channels { gate.forget(channel) }
        #expect(gate.enforce(BanRules(addresses: [CIDRBlock(literal: "198.51.100.1")])) == 0)
        #expect(gate.admit(other, from: sources[0]))
    }
}
