import ConnectService
import NetPrimitives
import STUN
import Testing

@Suite("How the relay sees one port of ours")
struct NATCheckTests {
    private func check(
        _ servers: [FakeServer], patience: ProbePatience = .generous, _ inbound: Inbound = .untested(why: "")
    ) async -> NATReport {
        let report = await NATCheck(loop: FakeServer.loop, patience: patience) { _, _, _ in inbound }
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

    @Test("one port towards all, with one of them refusing: nothing more can be told")
    func unknown() async throws {
        let servers = [
            try await FakeServer.udp { request, _ in bindingAnswer(to: request, reflexive: address("11.22.33.21:6000")) },
            try await FakeServer.udp { request, _ in bindingAnswer(to: request, reflexive: address("11.22.33.21:6000")) },
            try await FakeServer.udp { request, _ in refusal(of: request) },
        ]
        let report = await check(servers)
        #expect(report.mapping == .unknown)
        #expect(report.reflexive.count == 2)
        #expect(report.hasUDP)
    }

    @Test(
        "with one address of the relay, its call from an unknown port tells whether the port counts",
        arguments: [
            (.open, .portIndependent), (.filtered(why: ""), .addressAndPortDependent), (.untested(why: ""), .unknown),
        ] as [(Inbound, NATFiltering)])
    func filtering(_ inbound: Inbound, _ expected: NATFiltering) async throws {
        let server = try await FakeServer.udp { bindingAnswer(to: $0, reflexive: $1) }
        #expect(await check([server], inbound).filtering == expected)
    }

    /// A server that offers another address, and says how it saw us only when its answer would get in.
    private func discovering(
        other: TransportAddress, _ letsIn: @escaping @Sendable (ChangeRequest) -> Bool
    ) async throws -> FakeServer {
        try await FakeServer.udp { request, asker in
            guard let message = try? Message(decoding: request) else { return nil }
            // A refusal, so that nobody waits for what does not come.
            if let change = message[ChangeRequest.self], !letsIn(change) { return refusal(of: request) }
            var answer = MessageBuilder(.successResponse, .binding, transactionID: message.transactionID)
            answer.add(XORMappedAddress(asker))
            answer.add(OtherAddress(other))
            return answer.finish(fingerprint: true)
        }
    }

    @Test(
        "a relay with two addresses tells all kinds apart (RFC 5780 §4.4)",
        arguments: [(true, true, .endpointIndependent), (false, true, .addressDependent), (false, false, .addressAndPortDependent)]
            as [(Bool, Bool, NATFiltering)])
    func discovery(_ fromOtherAddress: Bool, _ fromOtherPort: Bool, _ expected: NATFiltering) async throws {
        let elsewhere = try #require(IPAddress("127.0.0.2"))
        let other = try await FakeServer.udp(ip: elsewhere) { request, _ in refusal(of: request) }
        let server = try await discovering(other: other.address) { $0.changesAddress ? fromOtherAddress : fromOtherPort }
        let beside = try await FakeServer.udp(ip: elsewhere, port: server.address.port) { request, _ in refusal(of: request) }
        #expect(await check([server], .open).filtering == expected)
        for server in [other, beside] { await server.close() }
    }

    @Test("without a NAT there is no hairpin to try")
    func noHairpin() async throws {
        let server = try await FakeServer.udp { bindingAnswer(to: $0, reflexive: $1) }
        let report = await check([server])
        #expect(report.hairpin == nil)
        #expect(report.keepsPort == nil)
    }

    /// A server that sees us behind a NAT whose outside is `outside`, on the port that we have.
    private func seeing(_ outside: IPAddress) async throws -> FakeServer {
        try await FakeServer.udp { bindingAnswer(to: $0, reflexive: TransportAddress(ip: outside, port: $1.port)) }
    }

    @Test("a packet to our own outside comes back, or does not")
    func hairpin() async throws {
        // 127.0.0.1 is the outside of a port on any address of loopback; a NAT without hairpin has one where nobody is.
        let turning = try await seeing(.loopbackV4)
        let works = await NATCheck(loop: FakeServer.loop, patience: .generous) { _, _, _ in .untested(why: "") }
            .run(from: .anyV4, to: [turning.address])
        #expect(works.hairpin == true)
        #expect(works.keepsPort == true)
        await turning.close()
        let swallowing = try await seeing(try #require(IPAddress("127.0.0.9")))
        var patience = ProbePatience.generous
        patience.hairpin = .milliseconds(500)
        #expect(await check([swallowing], patience: patience).hairpin == false)
    }
}
