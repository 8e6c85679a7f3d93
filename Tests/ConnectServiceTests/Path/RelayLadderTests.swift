@testable import ConnectService
import NetPrimitives
import Testing

@Suite("RelayLadder")
struct RelayLadderTests {
    let servers = [UInt16(3478), 3389, 1863].map { port in
        RelayServer(address: TransportAddress(ip: .loopbackV4, port: port), transport: port == 3389 ? .tcp : .udp)
    }

    func at(_ milliseconds: Int) -> Instant { .zero + .milliseconds(milliseconds) }

    @Test("the first server is asked at once, each further one a step later")
    func steps() {
        var ladder = RelayLadder(servers, at: .zero)
        let asked = [0, 0, 299, 300, 599, 600, 900].map { ladder.next(at: at($0))?.address.port }
        #expect(asked == [3478, nil, nil, 3389, nil, 1863, nil])
        #expect(!ladder.isDone)
    }

    @Test("the first success ends the climb")
    func success() {
        var ladder = RelayLadder(servers, at: .zero)
        _ = ladder.next(at: .zero)
        ladder.succeeded()
        #expect(ladder.nextDeadline == nil)
        let more = ladder.next(at: at(1000))
        #expect(more == nil)
        #expect(ladder.isDone)
    }

    @Test("a failure asks the next server at once, and the last one ends the climb")
    func failure() {
        var ladder = RelayLadder(servers, at: .zero)
        var asked: [UInt16] = []
        for time in 1...3 {
            if let server = ladder.next(at: at(time)) { asked.append(server.address.port) }
            ladder.failed(at: at(time))
        }
        #expect(asked == [3478, 3389, 1863])
        #expect(ladder.isDone)
    }

    @Test("a server that is named in another's place is asked at once, before the others")
    func redirection() {
        var ladder = RelayLadder(servers, at: .zero)
        _ = ladder.next(at: .zero)
        let other = RelayServer(address: TransportAddress(ip: .loopbackV4, port: 9), transport: .udp)
        ladder.redirected(to: other, at: at(1))
        let asked = [ladder.next(at: at(1)), ladder.next(at: at(300)), ladder.next(at: at(301))]
        #expect(asked == [other, nil, servers[1]])
    }

    @Test("servers that send people to each other are asked once, and a chain of them has an end")
    func redirectionLoop() {
        var ladder = RelayLadder([servers[0]], at: .zero)
        var asked: [UInt16] = []
        while let server = ladder.next(at: .zero) {
            asked.append(server.address.port)
            let other = TransportAddress(ip: .loopbackV4, port: server.address.port == 9 ? 3478 : 9)
            ladder.redirected(to: RelayServer(address: other, transport: .udp), at: .zero)
        }
        #expect(asked == [3478, 9])
        #expect(ladder.isDone)
        var chain = RelayLadder([servers[0]], at: .zero)
        var length = 0
        while let server = chain.next(at: .zero) {
            length += 1
            let next = TransportAddress(ip: .loopbackV4, port: server.address.port + 1)
            chain.redirected(to: RelayServer(address: next, transport: .udp), at: .zero)
        }
        #expect(length == 1 + RelayLadder.maximumRedirections)
        #expect(chain.isDone)
    }

    @Test("without servers there is nothing to wait for")
    func empty() { #expect(RelayLadder([], at: .zero).isDone) }
}
