import CertificateSupport
import Crypto
import DTLS
import Foundation
import NetPrimitives
@testable import RelayService
import SwiftASN1
import Testing

/// One worker's DTLS in virtual time, and clients before it.
struct SecureClientsTests {
    private final class Scene {
        var secure: SecureClients
        let certificate: CurrentCertificate
        var received: [(message: [UInt8], client: FiveTuple)] = []
        var ended: [FiveTuple] = []
        var clients: [FiveTuple: Endpoint] = [:]
        var answers = 0

        init(total: Int = 10, perSource: Int = 10) throws {
            certificate = try CurrentCertificate(try Scene.certificate())
            secure = SecureClients(certificate: certificate, limits: ConnectionLimits(total: total, perSource: perSource))
        }

        static func certificate() throws -> ServerCertificate {
            let identity = try TestAuthority().issue(["relay.example"])
            return try ServerCertificate(
                certificate: identity.certificate.serializeAsPEM().pemString, key: identity.key.pemRepresentation, at: .now)
        }

        func tuple(_ number: Int) -> FiveTuple {
            FiveTuple(
                transport: .udp, client: TransportAddress(ip: .v4(0x0B00_0000 + UInt32(number / 10)), port: UInt16(number % 10 + 1)),
                server: TransportAddress(ip: .loopbackV4, port: 5349))
        }

        func secured(_ number: Int) -> FiveTuple {
            var tuple = tuple(number)
            tuple.isSecured = true
            return tuple
        }

        /// A client that begins.
        func start(_ number: Int, at now: Instant = .zero) throws -> Endpoint {
            let client = try Endpoint(role: .client, identity: Identity(), expecting: certificate.secureContext.fingerprint)
            clients[tuple(number)] = client
            client.start(at: now)
            carry(at: now)
            return client
        }

        /// Carries datagrams both ways until nobody has one.
        func carry(at now: Instant = .zero, admits: Bool = true) {
            var moved = true
            while moved {
                moved = false
                for (tuple, client) in clients {
                    while let datagram = client.nextTransmit() {
                        moved = true
                        secure.receive(datagram, from: tuple, at: now) { _ in admits }
                    }
                }
                while let output = secure.nextOutput() {
                    switch output {
                    case .transmit(let datagram, let client):
                        moved = true
                        answers += 1
                        #expect(!client.isSecured)
                        clients[client]?.receive(datagram, at: now)
                    case .message(let message, let client): received.append((message, client))
                    case .ended(let client): ended.append(client)
                    }
                }
            }
        }
    }

    @Test("messages come out under the secured five-tuple, and answers go back encrypted")
    func messages() throws {
        let scene = try Scene()
        let client = try scene.start(0)
        #expect(client.nextEvent() == .connected)
        try client.send([0, 1, 2])
        scene.carry()
        #expect(scene.received.map(\.message) == [[0, 1, 2]])
        #expect(scene.received.map(\.client) == [scene.secured(0)])
        scene.secure.send([9, 8, 7], to: scene.secured(0))
        scene.carry()
        #expect(client.nextEvent() == .data([9, 8, 7]))
        // Nobody else's, and nothing that is not there.
        let areSent = [
            scene.secure.send([9, 8, 7], to: scene.secured(1)), scene.secure.send([9, 8, 7], to: scene.tuple(0)),
            scene.secure.send([UInt8](repeating: 0, count: 16_385), to: scene.secured(0)),
        ]
        #expect(areSent == [false, false, false])
        scene.carry()
        #expect(client.nextEvent() == nil)
        client.close()
        scene.carry()
        #expect(scene.ended == [scene.secured(0)])
        #expect(scene.secure.count == 0)
    }

    @Test("nothing is kept for addresses that do not return their cookie")
    func spoofed() throws {
        let scene = try Scene()
        let hello = try #require(
            {
                let client = try Endpoint(role: .client, identity: Identity(), expecting: nil)
                client.start(at: .zero)
                return client.nextTransmit()
            }())
        for number in 0..<20_000 {
            scene.secure.receive(hello, from: scene.tuple(number), at: .zero) { _ in true }
            scene.carry()
        }
        #expect(scene.answers == 20_000)
        #expect(scene.secure.count == 0)
        #expect(scene.secure.nextDeadline == nil)
        scene.secure.receive(hello, from: scene.tuple(0), at: .zero) { _ in false }
        scene.carry()
        #expect(scene.answers == 20_000)
    }

    @Test("there are no more sessions than the bounds allow, of all and of one source")
    func bounds() throws {
        let scene = try Scene(total: 4, perSource: 3)
        for number in 0..<5 { _ = try scene.start(number) }
        #expect(scene.secure.count == 3)
        let others = try (10..<13).map { try scene.start($0) }
        #expect(scene.secure.count == 4)
        #expect(others.compactMap { $0.nextEvent() } == [.connected])
        scene.clients[scene.tuple(10)]?.close()
        scene.carry()
        #expect(scene.secure.count == 3)
        #expect(try scene.start(13).nextEvent() == .connected)
    }

    @Test("a client that has started again takes the place of the former one, once it has returned its cookie")
    func again() throws {
        let scene = try Scene(total: 1, perSource: 1)
        _ = try scene.start(0)
        let successor = try scene.start(0)
        #expect(scene.ended == [scene.secured(0)])
        #expect(successor.nextEvent() == .connected)
        #expect(scene.secure.count == 1)
        // What the address has not been shown to get changes nothing.
        let stranger = try Endpoint(role: .client, identity: Identity(), expecting: nil)
        stranger.start(at: .zero)
        scene.secure.receive(try #require(stranger.nextTransmit()), from: scene.tuple(0), at: .zero) { _ in true }
        try successor.send([1])
        scene.carry()
        #expect(scene.received.map(\.message) == [[1]])
    }

    @Test("a session with an allocation stays, one without ends within 90 s, an unfinished handshake after 30")
    func idle() throws {
        let scene = try Scene()
        for number in 0..<2 { _ = try scene.start(number) }
        // The third returns its cookie and is not heard of again.
        let silent = try Endpoint(role: .client, identity: Identity(), expecting: nil)
        silent.start(at: .zero)
        scene.secure.receive(try #require(silent.nextTransmit()), from: scene.tuple(2), at: .zero) { _ in true }
        guard case .transmit(let question, _) = scene.secure.nextOutput() else {
            Issue.record("nobody asked for a cookie")
            return
        }
        silent.receive(question, at: .zero)
        scene.secure.receive(try #require(silent.nextTransmit()), from: scene.tuple(2), at: .zero) { _ in true }
        #expect(scene.secure.count == 3)
        var now = Instant.zero
        func run(until end: Instant) {
            while let next = scene.secure.nextDeadline, next <= end {
                #expect(next > now)
                now = next
                scene.secure.handleTimeout(at: now) { $0 == scene.secured(0) }
                scene.carry(at: now)
            }
        }
        run(until: .zero + .seconds(29))
        #expect(scene.ended.isEmpty)
        run(until: .zero + .seconds(31))
        #expect(scene.ended == [scene.secured(2)])
        run(until: .zero + .seconds(91))
        #expect(scene.ended == [scene.secured(2), scene.secured(1)])
        run(until: .zero + .seconds(1000))
        #expect(scene.secure.count == 1)
    }

    @Test("another certificate is shown to who comes after it, and the sessions that are there stay")
    func reload() throws {
        let scene = try Scene()
        let former = try scene.start(0)
        #expect(former.nextEvent() == .connected)
        try scene.certificate.set(try Scene.certificate())
        let later = try scene.start(10)  // expects the new one
        #expect(later.nextEvent() == .connected)
        try former.send([1])
        scene.carry()
        #expect(scene.received.map(\.message) == [[1]])
    }
}
