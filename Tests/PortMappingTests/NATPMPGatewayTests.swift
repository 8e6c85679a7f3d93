import NetPrimitives
import PortMapping
import Synchronization
import Testing

@Suite("NAT-PMP", .timeLimit(.minutes(1)))
struct NATPMPGatewayTests {
    /// 11.22.33.21, and port 6000 for 120 s, whatever was asked.
    private static let told: [UInt8] = [0, 128, 0, 0, 0, 0, 0, 9, 11, 22, 33, 21]
    private static func mapped(_ request: [UInt8], port: UInt16 = 6000, lifetime: UInt8 = 120) -> [UInt8] {
        [0, request[1] | 0x80, 0, 0, 0, 0, 0, 9, request[4], request[5], UInt8(port >> 8), UInt8(port & 0xFF)]
            + [0, 0, 0, lifetime]
    }

    private func gateway(
        _ router: FakeRouter, _ transport: TransportProtocol = .udp, patience: Duration = .seconds(10)
    ) -> NATPMPGateway {
        NATPMPGateway(
            MappingRequest(
                internalAddress: TransportAddress(ip: .anyV4, port: 5000), transport: transport, gateway: router.ip),
            patience: patience)
    }

    private let ask = Ask(externalPort: 5000, lifetime: .seconds(600))

    @Test("asks for the address, then for the port, and believes the port that it gets",
        arguments: [(TransportProtocol.udp, 1), (.tcp, 2)] as [(TransportProtocol, UInt8)])
    func mapping(_ transport: TransportProtocol, _ opcode: UInt8) throws {
        let router = try FakeRouter(ip: .v4(0x7F05_0100 + UInt32(opcode))) { request in
            [request.count == 2 ? Self.told : Self.mapped(request)]
        }
        let gateway = gateway(router, transport)
        try gateway.find()
        #expect(gateway.internalAddress == TransportAddress(ip: .loopbackV4, port: 5000))
        #expect(gateway.router == "\(router.ip)")
        #expect(gateway.answer(to: ask) == grant("11.22.33.21:6000", for: .seconds(120)))
        #expect(gateway.release(externalPort: 6000) == .closed)
        #expect(
            router.seen == [
                [0, 0], [0, 0],
                [0, opcode, 0, 0, 0x13, 0x88, 0x13, 0x88, 0, 0, 0x02, 0x58],
                [0, opcode, 0, 0, 0x13, 0x88, 0, 0, 0, 0, 0, 0],
            ])
    }

    @Test("does not take the truncated, the foreign and the late for an answer")
    func malformedAnswers() throws {
        let router = try FakeRouter(ip: .v4(0x7F05_0201)) { request in
            let right = request.count == 2 ? Self.told : Self.mapped(request)
            let truncated = (0..<right.count).map { Array(right.prefix($0)) }
            let foreign: [[UInt8]] =
                request.count == 2
                ? [Self.mapped([0, 1, 0, 0, 0x13, 0x88])]
                : [Self.told, Self.mapped([0, 2, 0, 0, 0x13, 0x88]), Self.mapped([0, 1, 0, 0, 0x13, 0x89])]
            return truncated + foreign + [right]
        }
        let gateway = gateway(router)
        try gateway.find()
        #expect(gateway.answer(to: ask) == grant("11.22.33.21:6000", for: .seconds(120)))
    }

    @Test("names the router's refusals", arguments: [
        (2, .notAuthorized), (3, .noExternalAddress), (4, .outOfResources), (1, .noRouter), (5, .noRouter),
    ] as [(UInt8, MappingFailure)])
    func refusals(_ code: UInt8, _ failure: MappingFailure) throws {
        let router = try FakeRouter(ip: .v4(0x7F05_0300 + UInt32(code))) { request in
            request.count == 2 ? [Self.told] : [[0, request[1] | 0x80, 0, code, 0, 0, 0, 9]]
        }
        let gateway = gateway(router)
        try gateway.find()
        // A router that knows neither version nor opcode has opened nothing either; it does no harm to ask it to close.
        #expect(gateway.answer(to: ask) == (failure == .noRouter ? .unanswered(failure) : .failed(failure)))
    }

    @Test("does not know what became of a question that nobody answered")
    func unanswered() throws {
        let router = try FakeRouter(ip: .v4(0x7F05_0801)) { $0.count == 2 ? [Self.told] : [] }
        let gateway = gateway(router, patience: .milliseconds(300))
        try gateway.find()
        #expect(gateway.answer(to: ask) == .unanswered(.noRouter))
        #expect(gateway.release(externalPort: 5000) == .unanswered)
    }

    @Test("knows a router without an address of its own")
    func noExternalAddress() throws {
        let router = try FakeRouter(ip: .v4(0x7F05_0401)) { _ in [[0, 128, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0]] }
        let gateway = gateway(router)
        try gateway.find()
        #expect(gateway.answer(to: ask) == .failed(.noExternalAddress))
    }

    @Test("takes a router that speaks only PCP for none")
    func pcpOnly() throws {
        let router = try FakeRouter(ip: .v4(0x7F05_0501)) { _ in [[2, 128, 0, 1] + [UInt8](repeating: 0, count: 20)] }
        let gateway = gateway(router)
        #expect(throws: MappingFailure.noRouter) { try gateway.find() }
    }

    @Test("notices when it is asked that the router has restarted, or has another address")
    func restart() throws {
        let epoch = Mutex<UInt8>(99)
        let ip = Mutex<UInt8>(21)
        let router = try FakeRouter(ip: .v4(0x7F05_0701)) { request in
            let now = epoch.withLock { $0 }
            guard request.count == 2 else { return [Self.mapped(request)] }
            return [[0, 128, 0, 0, 0, 0, 0, now, 11, 22, 33, ip.withLock { $0 }]]
        }
        let gateway = gateway(router)
        try gateway.find()
        let external = address("11.22.33.21:6000")
        #expect(gateway.check(external) == .rested)
        epoch.withLock { $0 = 1 }
        #expect(gateway.check(external) == .restarted)
        #expect(gateway.check(external) == .rested)
        ip.withLock { $0 = 99 }
        #expect(gateway.check(external) == .restarted)
    }

    @Test("hears what the router announces, and nothing else")
    func announcement() {
        let announced: [UInt8] = [0, 128, 0, 0, 0, 0, 1, 2, 11, 22, 33, 21]
        #expect(NATPMPAnnouncement(announced)?.epoch == 0x102)
        #expect(NATPMPAnnouncement(announced)?.address == address("11.22.33.21:0").ip)
        for index in 0..<4 {
            var other = announced
            other[index] ^= 1
            #expect(NATPMPAnnouncement(other) == nil)
        }
        #expect(NATPMPAnnouncement(announced + [0]) == nil)
        #expect(NATPMPAnnouncement(Array(announced.dropLast())) == nil)
    }

    @Test("gives up on a closed port at once and on silence in time")
    func silence() throws {
        let request = MappingRequest(
            internalAddress: TransportAddress(ip: .anyV4, port: 5000), transport: .udp, gateway: .v4(0x7F05_0601))
        let closed = NATPMPGateway(request, patience: .seconds(50))
        #expect(throws: MappingFailure.noRouter) { try closed.find() }

        let router = try FakeRouter(ip: .v4(0x7F05_0602)) { _ in [] }
        let silent = gateway(router, patience: .milliseconds(300))
        #expect(throws: MappingFailure.noRouter) { try silent.find() }
        #expect(!router.seen.isEmpty)
    }
}
