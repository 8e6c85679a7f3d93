import ConnectService
import NetPrimitives
import Testing

@Suite("How the relay sees one port of ours")
struct NATCheckTests {
    private func check(_ servers: [FakeServer], patience: Duration = .seconds(10)) async -> NATReport {
        let report = await NATCheck(loop: FakeServer.loop, patience: patience)
            .run(from: .loopbackV4, to: servers.map(\.address))
        for server in servers { await server.close() }
        return report
    }

    @Test("the address that the socket has: no NAT")
    func noNAT() async throws {
        let servers = [
            try await FakeServer.udp { bindingAnswer(to: $0, reflexive: $1) },
            try await FakeServer.udp { bindingAnswer(to: $0, reflexive: $1) },
        ]
        let report = await check(servers)
        #expect(report.mapping == .none)
        #expect(report.reflexive.count == 2)
        #expect(report.publicAddress == .loopbackV4)
    }

    @Test("another port towards each port of the relay")
    func symmetric() async throws {
        let servers = [
            try await FakeServer.udp { request, _ in bindingAnswer(to: request, reflexive: address("11.22.33.21:6000")) },
            try await FakeServer.udp { request, _ in bindingAnswer(to: request, reflexive: address("11.22.33.21:6001")) },
        ]
        #expect(await check(servers).mapping == .addressAndPortDependent)
    }

    @Test("one port towards all, with one of them silent: nothing more can be told")
    func unknown() async throws {
        let servers = [
            try await FakeServer.udp { request, _ in bindingAnswer(to: request, reflexive: address("11.22.33.21:6000")) },
            try await FakeServer.udp { request, _ in bindingAnswer(to: request, reflexive: address("11.22.33.21:6000")) },
            try await FakeServer.udp { _, _ in nil },
        ]
        let report = await check(servers, patience: .seconds(2))
        #expect(report.mapping == .unknown)
        #expect(report.reflexive.count == 2)
        #expect(report.hasUDP)
    }
}
