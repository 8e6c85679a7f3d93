import NetPrimitives
import PortMapping
import Synchronization
import Testing

/// Over real sockets, with a router on a loopback address of its own.
@Suite("A PCP router", .timeLimit(.minutes(1)))
struct PCPGatewayTests {
    private let ask = Ask(externalPort: 6000, lifetime: .seconds(600))

    private func gateway(
        _ router: FakeRouter, patience: Duration = .seconds(30), remote: TransportAddress? = nil
    ) -> PCPGateway {
        PCPGateway(
            MappingRequest(
                internalAddress: TransportAddress(ip: .anyV4, port: 5000), transport: .udp, gateway: router.ip, remote: remote),
            nonce: nonce, patience: patience)
    }

    /// Answers MAP with `result`, and ANNOUNCE always.
    private static func answers(_ request: [UInt8], result: UInt8 = 0, epoch: UInt32 = 100) -> [[UInt8]] {
        if request[1] == 0 { return [announceResponse(epoch: epoch)] }
        return [mapResponse(result: result, lifetime: request[4..<8] == [0, 0, 0, 0] ? 0 : 120, epoch: epoch)]
    }

    @Test("is found by ANNOUNCE, asked for the port with our address and nonce, and told to delete it")
    func mapping() throws {
        let router = try FakeRouter(ip: .v4(0x7F06_0101)) { Self.answers($0) }
        let gateway = gateway(router)
        try gateway.find()
        #expect(gateway.internalAddress == address("127.0.0.1:5000"))
        #expect(gateway.router == "127.6.1.1")
        #expect(gateway.secret == nonce?.bytes)
        #expect(gateway.answer(to: ask) == grant("11.22.33.21:6000", for: .seconds(120)))
        #expect(gateway.release(externalPort: 6000) == .closed)
        let own = "00000000 00000000 0000ffff 7f000001"
        let any = "00000000 00000000 0000ffff 00000000"
        #expect(
            router.seen == [
                bytes("02000000 00000000" + own),
                bytes("02010000 00000258" + own + nonceText + "11000000 1388 1770" + any),
                bytes("02010000 00000000" + own + nonceText + "11000000 1388 0000" + any),
            ])
    }

    @Test("is asked where one peer sees us, again to keep it so, and never to delete it")
    func onePeer() throws {
        let router = try FakeRouter(ip: .v4(0x7F06_0801)) { request in
            switch request[1] {
            case 0: [announceResponse(epoch: 100)]
            case 2: [peerResponse(to: "0b16212c")]
            default: [mapResponse(result: 2)]
            }
        }
        let gateway = gateway(router, remote: address("11.22.33.44:3478"))
        try gateway.find()
        #expect(gateway.answer(to: ask) == grant("11.22.33.21:6000", for: .seconds(600)))
        #expect(gateway.answer(to: ask) == grant("11.22.33.21:6000", for: .seconds(600)))
        #expect(gateway.release(externalPort: 6000) == .closed)
        #expect(router.seen.map { $0[1] } == [0, 2, 2])
        #expect(Array(router.seen[1][60...]) == bytes("0d96 0000 00000000 00000000 0000ffff 0b16212c"))
    }

    @Test("that does not answer may have opened the port, and may not have closed it")
    func unanswered() throws {
        let router = try FakeRouter(ip: .v4(0x7F06_0701)) { $0[1] == 0 ? [announceResponse(epoch: 100)] : [] }
        let gateway = gateway(router, patience: .milliseconds(300))
        try gateway.find()
        #expect(gateway.answer(to: ask) == .unanswered(.noRouter))
        #expect(gateway.release(externalPort: 6000) == .unanswered)
    }

    @Test("that answers with nonsense first is heard when it makes sense")
    func nonsense() throws {
        let router = try FakeRouter(ip: .v4(0x7F06_0201)) { request in
            let right = Self.answers(request)
            let wrong = [[], [2], Array(right[0].dropLast(4)), mapResponse(nonce: "ff 02 03 04 05 06 07 08 09 0a 0b 0c")]
            return wrong + [right[0] + [UInt8](repeating: 0, count: 1100)] + right
        }
        let gateway = gateway(router)
        try gateway.find()
        #expect(gateway.answer(to: ask) == grant("11.22.33.21:6000", for: .seconds(120)))
    }

    @Test("names its refusals; those that pass are asked about again", arguments: [
        (2, .failed(.notAuthorized)), (12, .failed(.addressMismatch)), (11, .conflict),
        (7, .later(.noExternalAddress, after: .seconds(120))), (8, .later(.outOfResources, after: .seconds(120))),
        (10, .later(.outOfResources, after: .seconds(120))), (1, .failed(.noRouter)),
        (9, .failed(.refused(code: 9, reason: "PCP UNSUPP_PROTOCOL"))),
    ] as [(UInt8, Answer)])
    func refusals(_ code: UInt8, _ answer: Answer) throws {
        let router = try FakeRouter(ip: .v4(0x7F06_0300 + UInt32(code))) { Self.answers($0, result: code) }
        let gateway = gateway(router)
        try gateway.find()
        #expect(gateway.answer(to: ask) == answer)
    }

    @Test("of NAT-PMP alone, a closed port and silence are no PCP router")
    func absent() throws {
        let old = try FakeRouter(ip: .v4(0x7F06_0401)) { _ in [[0, 0x81, 0, 1, 0, 0, 0, 9]] }
        #expect(throws: MappingFailure.noRouter) { try gateway(old).find() }
        let silent = try FakeRouter(ip: .v4(0x7F06_0402)) { _ in [] }
        #expect(throws: MappingFailure.noRouter) { try gateway(silent, patience: .milliseconds(50)).find() }
        let nobody = MappingRequest(internalAddress: address("0.0.0.0:5000"), transport: .udp, gateway: .v4(0x7F06_0403))
        #expect(throws: MappingFailure.noRouter) { try PCPGateway(nobody, patience: .seconds(50)).find() }
    }

    @Test("that has restarted is noticed when it is asked")
    func restart() throws {
        let epoch = Mutex<UInt32>(1000)
        let router = try FakeRouter(ip: .v4(0x7F06_0501)) { Self.answers($0, epoch: epoch.withLock { $0 }) }
        let gateway = gateway(router)
        try gateway.find()
        let external = address("11.22.33.21:6000")
        #expect(gateway.check(external) == .rested)
        epoch.withLock { $0 = 2 }
        #expect(gateway.check(external) == .restarted)
        #expect(gateway.check(external) == .rested)
        // What a renewal shows it has repaired as well.
        epoch.withLock { $0 = 1 << 20 }
        _ = gateway.answer(to: ask)
        #expect(gateway.check(external) == .rested)
    }

    @Test("a sleep ends when the bell rings, also when it has rung before")
    func rest() throws {
        let router = try FakeRouter(ip: .v4(0x7F06_0601)) { Self.answers($0) }
        let gateway = gateway(router)
        try gateway.find()
        let bell = Bell()
        bell.ring()
        #expect(gateway.rest(for: .seconds(3600), bell) == .rested)
    }
}
