import NetPrimitives
import Relay
import RelayService
import STUN
import TURN
import Testing

@Suite("Mobility (RFC 8016), on loopback")
struct MobilityTests {
    @Test("a client that changes its port again and again keeps its allocation, and data flows both ways")
    func moves() throws {
        var scene = try Scene(workers: 3)
        defer { scene.plane.stop() }
        var roamer = try scene.roamer()
        // The kernel spreads 24 ports over three workers: that all are one worker's comes once in 3^23 times.
        for number in 1...24 as ClosedRange<UInt8> {
            let former = try roamer.move()
            // Until data comes from the new port, the old one is told.
            scene.peer.client.send([number, 0], to: roamer.relayed, at: .zero)
            scene.peer.flush()
            #expect(former.receive() == (try Roamer.data([number, 0])))
            former.send(try Roamer.data([number, 1]))
            #expect(try scene.peer.nextEvent() == .data([number, 1], from: roamer.relayed))
            // A request from the new port changes nothing.
            try roamer.bind(to: scene.peerRelayed)
            for step in 2...4 as ClosedRange<UInt8> {
                try roamer.send([number, step])
                #expect(try scene.peer.nextEvent() == .data([number, step], from: roamer.relayed))
                scene.peer.client.send([number, step], to: roamer.relayed, at: .zero)
                scene.peer.flush()
                #expect(roamer.socket.receive() == (try Roamer.data([number, step])))
            }
            try roamer.refresh(seconds: 600)
            #expect(scene.plane.allocationCount == 2)
        }
        try roamer.refresh(seconds: 0)
        #expect(scene.plane.allocationCount == 1)
    }

    @Test("what a client sends while its allocation follows it arrives, all of it and once")
    func nothingIsLost() throws {
        var scene = try Scene(workers: 3)
        defer { scene.plane.stop() }
        var roamer = try scene.roamer()
        for round in 1...24 as ClosedRange<UInt8> {
            _ = try roamer.move()
            for number in 0..<32 as Range<UInt8> { try roamer.send([round, number]) }
            var arrived: Set<UInt8> = []
            while arrived.count < 32 {
                guard case .data(let bytes, roamer.relayed) = try scene.peer.nextEvent(), bytes.count == 2, bytes[0] == round,
                    arrived.insert(bytes[1]).inserted
                else { throw SocketClient.NoEvent() }
            }
        }
    }

    @Test("many clients move at the same time, and each keeps its own")
    func many() throws {
        var scene = try Scene(workers: 4)
        defer { scene.plane.stop() }
        var roamers = try (0..<16).map { _ in try scene.roamer() }
        for round in 0..<8 as Range<UInt8> {
            // Kept open: a port that is used again is another client's while the old one waits for data.
            var former: [TestSocket] = []
            for index in roamers.indices { former.append(try roamers[index].move()) }
            for (index, roamer) in roamers.enumerated() { try roamer.send([round, UInt8(index)]) }
            for _ in roamers {
                guard case .data(let bytes, let from) = try scene.peer.nextEvent(), bytes.count == 2, bytes[0] == round,
                    roamers[Int(bytes[1])].relayed == from
                else { throw SocketClient.NoEvent() }
                scene.peer.client.send(bytes, to: from, at: .zero)
                scene.peer.flush()
            }
            for (index, roamer) in roamers.enumerated() {
                #expect(roamer.socket.receive() == (try Roamer.data([round, UInt8(index)])))
            }
            #expect(former.count == roamers.count)
        }
        #expect(scene.plane.allocationCount == 17)
    }
}

/// A relay, and a client of it that stays where it is.
private struct Scene {
    let plane: DataPlane
    private let server: TransportAddress
    var peer: SocketClient
    /// Where the relay hears for `peer`.
    let peerRelayed: TransportAddress

    init(workers: Int) throws {
        plane = try startPlane(workers: workers)
        server = try #require(plane.listening.first)
        peer = try SocketClient(server)
        peerRelayed = try peer.allocate()
    }

    /// A client that moves, with a channel from and to the one that stays.
    mutating func roamer() throws -> Roamer {
        var roamer = try Roamer(server)
        try roamer.bind(to: peerRelayed)
        try peer.waitUntilBound(to: roamer.relayed)
        return roamer
    }
}
