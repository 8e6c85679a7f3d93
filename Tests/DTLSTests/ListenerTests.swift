import CertificateSupport
import Crypto
@testable import DTLS
import NetPrimitives
import SwiftASN1
import TestSupport
import Testing

struct ListenerTests {
    private let context: ServerContext
    private let listener: Listener
    private let client: Endpoint
    private let tuple = FiveTuple(transport: .udp, client: address("192.0.2.1:5000"), server: address("192.0.2.9:5349"))

    init() throws {
        let identity = try TestAuthority().issue(["relay.example"])
        context = try ServerContext(
            certificates: [identity.certificate.serializeAsPEM().derBytes], privateKey: identity.key.pemRepresentation)
        var random = SplitMix64(seed: 7)
        // OpenSSL's timer is the wall clock's, and this the shortest that it does not take for "now".
        listener = Listener(context, firstRetransmission: .milliseconds(17), using: &random)
        client = try Endpoint(role: .client, identity: Identity(), expecting: context.fingerprint)
        client.start(at: .zero)
    }

    /// The client's answer to the listener's question for a cookie.
    private func helloWithCookie(from tuple: FiveTuple, at now: Instant = .zero) throws -> [UInt8] {
        let hello = try #require(client.nextTransmit())
        guard case .answer(let question) = listener.receive(hello, from: tuple, at: now) else {
            throw TestFailure.noQuestion
        }
        #expect(question.count < hello.count)
        client.receive(question, at: now)
        return try #require(client.nextTransmit())
    }

    private enum TestFailure: Error { case noQuestion }

    private func session(_ hello: [UInt8], from tuple: FiveTuple, at now: Instant = .zero) -> Endpoint? {
        guard case .session(let endpoint) = listener.receive(hello, from: tuple, at: now) else { return nil }
        #expect(endpoint.nextTransmit() == nil)
        endpoint.start(at: now)
        return endpoint
    }

    /// Carries datagrams until nobody has one.
    private func carry(_ server: Endpoint) {
        var moved = true
        while moved {
            moved = false
            while let datagram = server.nextTransmit() {
                moved = true
                client.receive(datagram, at: .zero)
            }
            while let datagram = client.nextTransmit() {
                moved = true
                server.receive(datagram, at: .zero)
            }
        }
    }

    @Test("a client that returns its cookie gets a session, and both sides' data arrives")
    func session() throws {
        let server = try #require(session(try helloWithCookie(from: tuple), from: tuple))
        carry(server)
        #expect(client.nextEvent() == .connected)
        #expect(server.nextEvent() == .connected)
        try client.send([1, 2, 3])
        let large = [UInt8](repeating: 7, count: server.maximumPayload)
        #expect(large.count == 16_384)
        try server.send(large)
        carry(server)
        #expect(server.nextEvent() == .data([1, 2, 3]))
        #expect(client.nextEvent() == .data(large))
        #expect(throws: Failure.payloadTooLarge(limit: 16_384)) { try server.send(large + [7]) }
        client.close()
        carry(server)
        #expect(server.nextEvent() == .closed)
    }

    @Test("a cookie is good for its own address, its own server and two minutes at most")
    func foreignCookies() throws {
        let hello = try helloWithCookie(from: tuple)
        var other = tuple
        other.client.port += 1
        #expect(session(hello, from: other) == nil)
        other = tuple
        other.server.port += 1
        #expect(session(hello, from: other) == nil)
        #expect(session(hello, from: tuple, at: .zero + .seconds(120)) == nil)
        var random = SplitMix64(seed: 8)
        let restarted = Listener(context, using: &random)
        guard case .answer = restarted.receive(hello, from: tuple, at: .zero) else {
            Issue.record("a former secret's cookie is still good")
            return
        }
        #expect(session(hello, from: tuple, at: .zero + .seconds(59)) != nil)
    }

    @Test("what is no ClientHello gets no answer, and one that is cut or damaged does no harm")
    func noise() throws {
        let hello = try #require(client.nextTransmit())
        for length in 0..<hello.count {
            if case .session = listener.receive(Array(hello.prefix(length)), from: tuple, at: .zero) {
                Issue.record("a session without a cookie")
            }
        }
        guard case .nothing = listener.receive([22, 254, 253], from: tuple, at: .zero),
            case .nothing = listener.receive([], from: tuple, at: .zero),
            case .nothing = listener.receive([UInt8](repeating: 23, count: 100), from: tuple, at: .zero)
        else {
            Issue.record("noise was answered")
            return
        }
        print("seed 9")
        var random = SplitMix64(seed: 9)
        for _ in 0..<2000 {
            var damaged = hello
            damaged[Int.random(in: damaged.indices, using: &random)] = .random(in: .min ... .max, using: &random)
            if case .session = listener.receive(damaged, from: tuple, at: .zero) { Issue.record("a session without a cookie") }
        }
        client.receive([], at: .zero)
        guard case .answer = listener.receive(hello, from: tuple, at: .zero) else {
            Issue.record("the listener has lost its way")
            return
        }
    }

    @Test("a handshake goes on whatever a client may not send, and when it sends all that it may six times")
    func allowance() throws {
        let server = try #require(session(try helloWithCookie(from: tuple), from: tuple))
        for sequence in UInt8(2)..<12 {
            let fragment: [UInt8] = [16, 0x01, 0x86, 0xA0, 0, sequence, 0, 0, 0, 0, 0, 1, 7]  // of 100,000 bytes
            server.receive([22, 254, 253, 0, 0, 0, 0, 0, 0, 1, sequence, 0, 13] + fragment, at: .zero)
            server.receive([22, 254, 253, 0, 1, 0, 0, 0, 0, 1, sequence, 0, 24] + [UInt8](repeating: 7, count: 24), at: .zero)
        }
        var moved = true
        while moved {
            moved = false
            while let datagram = server.nextTransmit() {
                moved = true
                client.receive(datagram, at: .zero)
            }
            while let datagram = client.nextTransmit() {
                moved = true
                for _ in 0..<6 { server.receive(datagram, at: .zero) }
            }
        }
        #expect(client.nextEvent() == .connected)
        #expect(server.nextEvent() == .connected)
    }

    @Test("records that somebody sends in a client's name keep it out for no longer than until the handshake's next time-out")
    func spoofed() throws {
        let server = try #require(session(try helloWithCookie(from: tuple), from: tuple))
        while let datagram = server.nextTransmit() { client.receive(datagram, at: .zero) }
        for sequence in UInt8(1)...HandshakeAllowance.mostEncrypted.asByte {
            server.receive([22, 254, 253, 0, 1, 0, 0, 0, 0, 1, sequence, 0, 24] + [UInt8](repeating: 7, count: 24), at: .zero)
        }
        var flight: [[UInt8]] = []
        while let datagram = client.nextTransmit() { flight.append(datagram) }
        for datagram in flight { server.receive(datagram, at: .zero) }
        #expect(!server.isConnected)
        // A time-out that fell into a call of `receive`, as on a busy machine, is none that lets it in.
        while server.nextTransmit() != nil {}
        var again: [UInt8]?
        while again == nil {
            server.handleTimeout(at: try #require(server.nextDeadline))
            again = server.nextTransmit()
        }
        for datagram in flight { server.receive(datagram, at: .zero) }
        #expect(server.nextEvent() == .connected)
    }

    @Test("a session knows a client that has started again from one that repeats itself")
    func overtaken() throws {
        let hello = try helloWithCookie(from: tuple)
        let server = try #require(session(hello, from: tuple))
        carry(server)
        #expect(!server.isOvertaken(by: hello))
        let again = try Endpoint(role: .client, identity: Identity(), expecting: context.fingerprint)
        again.start(at: .zero)
        #expect(server.isOvertaken(by: try #require(again.nextTransmit())))
    }
}

extension Int {
    fileprivate var asByte: UInt8 { UInt8(self) }
}

private func address(_ text: String) -> TransportAddress {
    guard let address = TransportAddress(text) else { preconditionFailure("not an address: \(text)") }
    return address
}
