import COpenSSL
import NetPrimitives

@testable import DTLS

/// What stands between a worker's sockets and its machine for DTLS: clients whose datagrams are lost, repeated, damaged and
/// sent by others, clients that begin anew, and bytes of nobody, at any time.
func fuzz(_ bytes: [UInt8]) {
    guard let scene = try? Scene(Input(bytes)) else { return expect(false, "OpenSSL makes no identity") }
    scene.run()
}

/// As the relay has it, without what it is for TLS.
final class CurrentCertificate {
    let secureContext: ServerContext

    init(_ context: ServerContext) { secureContext = context }
}

private final class Scene {
    /// Of each client, by its number.
    private struct Client {
        let tuple: FiveTuple
        var endpoint: Endpoint?
        /// The last datagram that it sent.
        var last: [UInt8] = []
        /// What it sent and the relay has not had.
        var sent: Set<[UInt8]> = []
    }

    private static let total = 3, perSource = 2
    private static let server = TransportAddress(ip: .loopbackV4, port: 5349)
    private static let identity = Result { try TestIdentity() }

    private var input: Input
    private let identity: TestIdentity
    private let limits = ConnectionLimits(total: total, perSource: perSource)
    private var secure: SecureClients
    private var now = Instant.zero
    private var serial: UInt32 = 0
    private var clients: [Client]

    init(_ input: Input) throws {
        self.input = input
        identity = try Self.identity.get()
        secure = SecureClients(certificate: CurrentCertificate(identity.context), limits: limits)
        // Three behind one address, and two elsewhere.
        clients = [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1)].map { (host: UInt32, port: UInt16) in
            let address = TransportAddress(ip: .v4(0x0B00_0000 + host), port: port)
            return Client(tuple: FiveTuple(transport: .udp, client: address, server: Self.server))
        }
    }

    func run() {
        while !input.isEmpty { step() }
        // When nobody has a reason to be there any more, nobody is.
        for index in clients.indices { clients[index].endpoint = nil }
        pass(.seconds(300), hasAllocation: false)
        expect(secure.count == 0 && limits.report.open.total == 0, "\(secure.count) sessions, \(limits.report.open.total) counted")
        // And whoever comes is served.
        begin(0)
        for _ in 0..<10 { deliver(next(0), from: 0) }
        expect(clients[0].endpoint?.isConnected == true && secure.count == 1, "an honest client is not served")
        secure.closeAll()
        drain()
        expect(secure.count == 0 && limits.report.open.total == 0, "closed, and still there")
    }

    private func step() {
        let index = input.number(0...clients.count - 1)
        switch input.number(0...11) {
        case 0: begin(index)
        case 1, 2: deliver(next(index), from: index)
        case 3: deliver(damaged(next(index)), from: index)
        case 4: deliver(next(index), from: input.number(0...clients.count - 1))
        case 5: deliver(clients[index].last, from: index)
        case 6: _ = next(index)  // lost
        case 7: deliver([UInt8(input.number(20...63))] + input.bytes(input.number(0...300)), from: index)
        case 8: deliver(record(), from: index)
        case 9: speak(index)
        case 10:
            secure.send(input.bytes(input.number(1...300)), to: secured(index))
            drain()
        case _ where input.number(0...3) == 0:
            clients[index].endpoint?.close()
            deliver(next(index), from: index)
        default: pass(.milliseconds(input.number(0...40) * 1000), hasAllocation: input.number(0...1) == 1)
        }
        expect(secure.count <= Self.total, "\(secure.count) sessions")
        expect(UInt64(secure.count) == limits.report.open.total, "\(secure.count) sessions, \(limits.report.open.total) counted")
    }

    private func secured(_ index: Int) -> FiveTuple {
        var tuple = clients[index].tuple
        tuple.isSecured = true
        return tuple
    }

    private func begin(_ index: Int) {
        let fingerprint = identity.context.fingerprint
        clients[index].endpoint = try? Endpoint(role: .client, identity: identity.client, expecting: fingerprint)
        clients[index].endpoint?.start(at: now)
    }

    private func next(_ index: Int) -> [UInt8] {
        guard let datagram = clients[index].endpoint?.nextTransmit() else { return [] }
        clients[index].last = datagram
        return datagram
    }

    private func speak(_ index: Int) {
        guard let endpoint = clients[index].endpoint, endpoint.isConnected else { return }
        serial += 1
        let message = withUnsafeBytes(of: serial) { Array($0) } + input.bytes(input.number(0...200))
        do { try endpoint.send(message) } catch { return }
        clients[index].sent.insert(message)
        deliver(next(index), from: index)
    }

    /// A few changes, to any byte: the lengths of records and messages are among the first ones.
    private func damaged(_ datagram: [UInt8]) -> [UInt8] {
        var datagram = datagram
        for _ in 0..<input.number(1...3) where !datagram.isEmpty {
            let position = input.number(0...min(datagram.count, 256) - 1)
            if input.number(0...7) == 0 { datagram.removeSubrange(position...) } else { datagram[position] = input.byte() }
        }
        return datagram
    }

    /// A record of DTLS 1.2, and perhaps a fragment of a message in it.
    private func record() -> [UInt8] {
        var content = input.bytes(input.number(0...80))
        if input.number(0...1) == 1 {
            let length = [content.count, 100, 4096, 100_000][input.number(0...3)]
            content = [input.byte(), UInt8(length >> 16), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), 0, input.byte() % 16]
                + [0, 0, input.byte(), 0, 0, UInt8(content.count)] + content
        }
        return [UInt8(input.number(20...23)), 254, 253, 0, input.byte() % 3, 0, 0, 0, 0, input.byte(), input.byte(), 0]
            + [UInt8(content.count)] + content
    }

    /// As a worker does: what is not DTLS's goes elsewhere.
    private func deliver(_ datagram: [UInt8], from index: Int) {
        guard Endpoint.accepts(datagram) else { return }
        secure.receive(datagram, from: clients[index].tuple, at: now) { _ in true }
        drain()
    }

    private func drain() {
        while let output = secure.nextOutput() {
            switch output {
            case .transmit(let datagram, let tuple):
                expect(!tuple.isSecured, "a datagram for a secured five-tuple")
                for client in clients where client.tuple == tuple { client.endpoint?.receive(datagram, at: now) }
            case .message(let message, let tuple):
                guard let index = clients.indices.first(where: { secured($0) == tuple }) else {
                    return expect(false, "a message of nobody")
                }
                expect(clients[index].sent.remove(message) != nil, "what nobody sent, or has been there before: \(message)")
            case .ended(let tuple): expect(tuple.isSecured, "the end of no session")
            }
        }
    }

    private func pass(_ time: Duration, hasAllocation: Bool) {
        let end = now + time
        while let deadline = secure.nextDeadline, deadline <= end {
            now = max(now, deadline)
            secure.handleTimeout(at: now) { _ in hasAllocation }
            drain()
            if let next = secure.nextDeadline { expect(next > now, "it would spin") }
        }
        now = end
    }
}

/// What the relay shows, and what its clients are.
private struct TestIdentity {
    let context: ServerContext
    let client: Identity

    init() throws {
        let server = try Identity()
        client = try Identity()
        let (certificate, key) = (BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()))
        defer {
            BIO_free(certificate)
            BIO_free(key)
        }
        i2d_X509_bio(certificate, server.certificate)
        PEM_write_bio_PrivateKey(key, server.privateKey, nil, nil, 0, nil, nil)
        context = try ServerContext(
            certificates: [Self.content(certificate)], privateKey: String(decoding: Self.content(key), as: UTF8.self))
    }

    private static func content(_ bio: OpaquePointer?) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = BIO_read(bio, &bytes, Int32(bytes.count))
        return Array(bytes.prefix(max(0, Int(count))))
    }
}
