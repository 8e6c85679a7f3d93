import Foundation
import NetPrimitives
import PortMapping
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A NAT-PMP router on a loopback address of its own, so that tests need neither root nor the real port 5351 of this
/// machine. It answers what `answer` makes of each request.
private final class FakeRouter: Sendable {
    let ip: IPAddress
    private let descriptor: Int32
    private let requests = Mutex<[[UInt8]]>([])

    init(ip: IPAddress, answer: @escaping @Sendable ([UInt8]) -> [[UInt8]]) throws {
        self.ip = ip
        guard case .v4(let bits) = ip else { throw CancellationError() }
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(5351).bigEndian
        name.sin_addr.s_addr = bits.bigEndian
        let bound = withUnsafePointer(to: &name) {
            // sockaddr_in begins as sockaddr does.
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0 else { throw POSIXError(.EADDRINUSE) }
        Thread.detachNewThread { [descriptor, weak self] in
            // Closed here alone: elsewhere, its number could become another test's while this thread uses it.
            defer { close(descriptor) }
            var buffer = [UInt8](repeating: 0, count: 64)
            var peer = sockaddr_storage()
            while true {
                var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
                let count = withUnsafeMutablePointer(to: &peer) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        recvfrom(descriptor, &buffer, buffer.count, 0, $0, &size)
                    }
                }
                guard count > 0, let self else { return }
                let request = Array(buffer.prefix(count))
                self.requests.withLock { $0.append(request) }
                for datagram in answer(request) {
                    _ = withUnsafePointer(to: &peer) {
                        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                            sendto(descriptor, datagram, datagram.count, 0, $0, size)
                        }
                    }
                }
            }
        }
    }

    var seen: [[UInt8]] { requests.withLock { $0 } }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

@Suite("NAT-PMP", .timeLimit(.minutes(1)))
struct NATPMPGatewayTests {
    /// 11.22.33.21, and port 6000 for 120 s, whatever was asked.
    private static let address: [UInt8] = [0, 128, 0, 0, 0, 0, 0, 9, 11, 22, 33, 21]
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
            [request.count == 2 ? Self.address : Self.mapped(request)]
        }
        let gateway = gateway(router, transport)
        try gateway.find()
        #expect(gateway.internalAddress == TransportAddress(ip: .loopbackV4, port: 5000))
        #expect(gateway.router == "\(router.ip)")
        #expect(gateway.answer(to: ask) == grant("11.22.33.21:6000", for: .seconds(120)))
        gateway.release(externalPort: 6000)
        #expect(
            router.seen == [
                [0, 0],
                [0, opcode, 0, 0, 0x13, 0x88, 0x13, 0x88, 0, 0, 0x02, 0x58],
                [0, opcode, 0, 0, 0x13, 0x88, 0, 0, 0, 0, 0, 0],
            ])
    }

    @Test("does not take the truncated, the foreign and the late for an answer")
    func malformedAnswers() throws {
        let router = try FakeRouter(ip: .v4(0x7F05_0201)) { request in
            let right = request.count == 2 ? Self.address : Self.mapped(request)
            let truncated = (0..<right.count).map { Array(right.prefix($0)) }
            let foreign: [[UInt8]] =
                request.count == 2
                ? [Self.mapped([0, 1, 0, 0, 0x13, 0x88])]
                : [Self.address, Self.mapped([0, 2, 0, 0, 0x13, 0x88]), Self.mapped([0, 1, 0, 0, 0x13, 0x89])]
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
            request.count == 2 ? [Self.address] : [[0, request[1] | 0x80, 0, code, 0, 0, 0, 9]]
        }
        let gateway = gateway(router)
        try gateway.find()
        #expect(gateway.answer(to: ask) == .failed(failure))
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
        try gateway.find()
        #expect(gateway.answer(to: ask) == .failed(.noRouter))
    }

    @Test("gives up on a closed port at once and on silence in time")
    func silence() throws {
        let request = MappingRequest(
            internalAddress: TransportAddress(ip: .anyV4, port: 5000), transport: .udp, gateway: .v4(0x7F05_0601))
        let closed = NATPMPGateway(request, patience: .seconds(50))
        try closed.find()
        #expect(closed.answer(to: ask) == .failed(.noRouter))

        let router = try FakeRouter(ip: .v4(0x7F05_0602)) { _ in [] }
        let silent = gateway(router, patience: .milliseconds(300))
        try silent.find()
        #expect(silent.answer(to: ask) == .failed(.noRouter))
        #expect(!router.seen.isEmpty)
    }
}
