@testable import ConnectService
import NIOCore
import NIOPosix
import Testing

@Suite("What the kernel asks whoever is silent")
struct TCPKeepaliveTests {
    private func value(_ option: CInt, of channel: any Channel) async throws -> Int {
        try await channel.getOption(.tcpOption(.init(rawValue: option))).get()
    }

    @Test("a connection of somebody who waits is asked soon, and no more when it is told so")
    func options() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let channel = try await ClientBootstrap(group: group).connect(to: try #require(server.localAddress)).get()
        TCPKeepalive.waiting.begin(on: channel)
        #expect(try await channel.getOption(.socketOption(.so_keepalive)).get() == 1)
        // TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT and TCP_USER_TIMEOUT, linux/tcp.h.
        #expect(try await value(4, of: channel) == 3)
        #expect(try await value(5, of: channel) == 1)
        #expect(try await value(6, of: channel) == 3)
        #expect(try await value(18, of: channel) == 5500)
        TCPKeepalive.end(on: channel)
        #expect(try await channel.getOption(.socketOption(.so_keepalive)).get() == 0)
        #expect(try await value(18, of: channel) == 0)
        try await channel.close()
        try await server.close()
    }

    @Test("the kernel's two bounds agree, and leave time to be elsewhere within ten seconds")
    func bounds() {
        let waiting = TCPKeepalive.waiting
        let latest = Duration.seconds(Int(waiting.idle + waiting.interval * waiting.probes))
        let bound = Duration.milliseconds(Int(waiting.userTimeout))
        #expect(bound < latest && bound > latest - .seconds(Int(waiting.interval)))
        #expect(latest + PresenceSchedule.jitter + NodeRace.stagger < .seconds(10))
    }
}
