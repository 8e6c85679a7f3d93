@testable import ConnectService
import NIOCore
import NIOEmbedded
import Rendezvous
import Session
import Testing

@Suite("Flows that look for a node", .timeLimit(.minutes(1)))
struct NodeSeekingTests {
    /// A flow whose connections are imagined, and whose time is the test's.
    private actor Seeker: NodeSeeking {
        nonisolated let loop: any EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }
        let printer = EventPrinter(asJSON: true, role: .helper)
        var search = NodeSearch(at: RelayURL("https://relay.example.org")!)
        var end = FlowEnd()
        var done: [String] = []
        var isConnected = true
        /// Hosts that are not there.
        var dead: Set<String> = []

        init(_ loop: any EventLoop) { self.loop = loop }

        func arrive() async throws(FlowError) {
            done.append("arrive at \(search.place.endpoint.host)")
            guard !dead.contains(search.place.endpoint.host) else { throw FlowError(.relayLost, "") }
            isConnected = true
        }
        func leaveNode() {
            done.append("leave")
            isConnected = false
        }
        func askAgain() -> Bool {
            done.append("ask again")
            return isConnected
        }
        func begin() {}
        func cleanUp() {}
        func perform(line: String) {}
        func finish(_ reason: EndReason, _ detail: String) { end.conclude(reason) }

        func unanswered() { take(search.unanswered(.unavailable)) }
        func elsewhere(_ url: String) { take(search.elsewhere(RelayURL(url)!)) }
        func lose() { isConnected = false }
        func revive() { dead = [] }
        func die(_ host: String) { dead.insert(host) }
    }

    private let loop = NIOAsyncTestingEventLoop()

    @Test("a look-up without an answer is made again by the same connection, else by another, and in the end no more")
    func unanswered() async {
        let seeker = Seeker(loop)
        await seeker.unanswered()
        await loop.advanceTime(by: .milliseconds(999))
        #expect(await seeker.done == [])
        await loop.advanceTime(by: .milliseconds(1))
        #expect(await seeker.done == ["ask again"])
        await seeker.lose()
        await seeker.unanswered()
        await loop.advanceTime(by: .seconds(1))
        #expect(await seeker.done == ["ask again", "ask again", "leave", "arrive at relay.example.org"])
        for _ in 3...10 {
            await seeker.unanswered()
            await loop.advanceTime(by: .seconds(1))
        }
        #expect(await seeker.end.reason == nil)
        await seeker.unanswered()
        #expect(await seeker.end.reason == .relayLost)
    }

    @Test("a node that is dead is left for the first relay, which then names another")
    func dead() async {
        let seeker = Seeker(loop)
        await seeker.die("one.example.org")
        await seeker.elsewhere("https://one.example.org")
        await loop.advanceTime(by: .milliseconds(1999))
        #expect(await seeker.done == ["leave", "arrive at one.example.org"])
        await loop.advanceTime(by: .milliseconds(1))
        await seeker.elsewhere("https://two.example.org")
        await loop.run()
        #expect(
            await seeker.done
                == ["leave", "arrive at one.example.org", "leave", "arrive at relay.example.org", "leave", "arrive at two.example.org"])
        #expect(await seeker.end.reason == nil)
    }

    @Test("who has been stopped meanwhile asks nobody any more")
    func stopped() async {
        let seeker = Seeker(loop)
        await seeker.unanswered()
        await seeker.finish(.finished, "")
        await loop.advanceTime(by: .seconds(5))
        #expect(await seeker.done == [])
    }

    @Test("a relay that restarts between two look-ups is asked until it is there again")
    func restarting() async {
        let seeker = Seeker(loop)
        await seeker.unanswered()
        await seeker.die("relay.example.org")
        await seeker.lose()
        await loop.advanceTime(by: .seconds(1))
        await loop.advanceTime(by: .seconds(4))
        #expect(await seeker.end.reason == nil)
        await seeker.revive()
        await loop.advanceTime(by: .seconds(1))
        let done = await seeker.done
        #expect(await seeker.isConnected && done.first == "ask again" && done.last == "arrive at relay.example.org")
    }
}
