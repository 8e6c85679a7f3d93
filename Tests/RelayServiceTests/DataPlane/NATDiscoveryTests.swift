import NetPrimitives
import Relay
import RelayService
import STUN
import Testing

@Suite("NAT discovery (RFC 5780), on loopback")
struct NATDiscoveryServiceTests {
    private static let addresses = ["127.0.0.1", "127.0.0.2"].compactMap { IPAddress($0) }

    /// On two addresses with the same two ports.
    private func start(external: [IPAddress] = [], natDiscovery: Bool = true) throws -> DataPlane {
        for _ in 0..<20 {  // a port that is free on one address may be in use on the other
            let listeners = freePorts(2).flatMap { port in
                Self.addresses.map { DataPlaneConfiguration.Listener(TransportAddress(ip: $0, port: port)) }
            }
            if let plane = try? startPlane(listeners, external: external, natDiscovery: natDiscovery) { return plane }
        }
        throw NoPorts()
    }

    private struct NoPorts: Error {}

    private func binding(_ attributes: [any Attribute] = []) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        var builder = MessageBuilder(.request, .binding, transactionID: TransactionID(using: &random))
        for attribute in attributes { builder.add(attribute) }
        return builder.finish()
    }

    private func ask(_ socket: TestSocket, _ attributes: [any Attribute] = []) throws -> Message {
        socket.send(binding(attributes))
        return try Message(decoding: try #require(socket.receive()))
    }

    @Test("an answer leaves from where it was asked to, at each of the four", .timeLimit(.minutes(1)))
    func origins() throws {
        let plane = try start()
        defer { plane.stop() }
        let four = plane.listening
        try #require(four.count == 4)
        for asked in four {
            let asking = try TestSocket(connectedTo: asked)
            #expect(try ask(asking)[ResponseOrigin.self]?.address == asked)
            for origin in four {
                // A connected socket hears one address alone: the answer's, which is sent there by RESPONSE-PORT.
                let hearing = try TestSocket(connectedTo: origin)
                let port = try #require(try ask(hearing)[XORMappedAddress.self]).address.port
                let change = ChangeRequest(address: origin.ip != asked.ip, port: origin.port != asked.port)
                asking.send(binding([change, ResponsePort(port)]))
                let answer = try Message(decoding: try #require(hearing.receive()))
                #expect(answer[ResponseOrigin.self]?.address == origin)
                let other = four.first { $0.ip != asked.ip && $0.port != asked.port }
                #expect(answer[OtherAddress.self]?.address == other)
            }
        }
    }

    @Test("a reload leaves it on")
    func reload() throws {
        let plane = try start()
        defer { plane.stop() }
        plane.update(
            relay: RelayConfiguration(realm: "other", users: UserDirectory(passwords: [:]), peerPolicy: PeerPolicy()),
            quotas: .init())
        #expect(try ask(try TestSocket(connectedTo: plane.listening[0])).contains(.otherAddress))
    }

    @Test("it is off by itself, with an external address, and without two addresses")
    func off() throws {
        let planes = [
            try start(natDiscovery: false), try start(external: [.loopbackV4]), try startPlane(natDiscovery: true),
            try startPlane([.init(address("0.0.0.0:0")), .init(address("0.0.0.0:0"))], natDiscovery: true),
        ]
        for plane in planes {
            #expect(plane.natDiscovery == nil)
            let asking = try TestSocket(connectedTo: TransportAddress(ip: .loopbackV4, port: plane.listening[0].port))
            #expect(try ask(asking).attributes.map(\.type) == [.xorMappedAddress])
            #expect(try ask(asking, [ChangeRequest(address: true, port: true)])[ErrorCode.self]?.code == 420)
            plane.stop()
        }
    }
}
