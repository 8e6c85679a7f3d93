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
        let plane = try startPlane(workers: 3)
        defer { plane.stop() }
        let server = try #require(plane.listening.first)
        var peer = try SocketClient(server)
        let peerRelayed = try peer.allocate()
        var roamer = try Roamer(server)
        try roamer.bind(to: peerRelayed)
        try peer.waitUntilBound(to: roamer.relayed)
        // The kernel spreads 24 ports over three workers: that all are one worker's comes once in 3^23 times.
        for number in 1...24 as ClosedRange<UInt8> {
            let former = try roamer.move()
            // Until data comes from the new port, the old one is told.
            peer.client.send([number, 0], to: roamer.relayed, at: .zero)
            peer.flush()
            #expect(former.receive() == (try Roamer.data([number, 0])))
            former.send(try Roamer.data([number, 1]))
            #expect(try peer.nextEvent() == .data([number, 1], from: roamer.relayed))
            // A request from the new port changes nothing.
            try roamer.bind(to: peerRelayed)
            for step in 2...4 as ClosedRange<UInt8> {
                try roamer.send([number, step])
                #expect(try peer.nextEvent() == .data([number, step], from: roamer.relayed))
                peer.client.send([number, step], to: roamer.relayed, at: .zero)
                peer.flush()
                #expect(roamer.socket.receive() == (try Roamer.data([number, step])))
            }
            try roamer.refresh(seconds: 600)
            #expect(plane.allocationCount == 2)
        }
        try roamer.refresh(seconds: 0)
        #expect(plane.allocationCount == 1)
    }

    @Test("what a client sends while its allocation follows it arrives, all of it and once")
    func nothingIsLost() throws {
        let plane = try startPlane(workers: 3)
        defer { plane.stop() }
        let server = try #require(plane.listening.first)
        var peer = try SocketClient(server)
        let peerRelayed = try peer.allocate()
        var roamer = try Roamer(server)
        try roamer.bind(to: peerRelayed)
        try peer.waitUntilBound(to: roamer.relayed)
        for round in 1...24 as ClosedRange<UInt8> {
            _ = try roamer.move()
            for number in 0..<32 as Range<UInt8> { try roamer.send([round, number]) }
            var arrived: Set<UInt8> = []
            while arrived.count < 32 {
                guard case .data(let bytes, roamer.relayed) = try peer.nextEvent(), bytes.count == 2, bytes[0] == round,
                    arrived.insert(bytes[1]).inserted
                else { throw SocketClient.NoEvent() }
            }
        }
    }

    @Test("many clients move at the same time, and each keeps its own")
    func many() throws {
        let plane = try startPlane(workers: 4)
        defer { plane.stop() }
        let server = try #require(plane.listening.first)
        var peer = try SocketClient(server)
        let peerRelayed = try peer.allocate()
        var roamers = try (0..<16).map { _ in try Roamer(server) }
        for index in roamers.indices {
            try roamers[index].bind(to: peerRelayed)
            try peer.waitUntilBound(to: roamers[index].relayed)
        }
        for round in 0..<8 as Range<UInt8> {
            // Kept open: a port that is used again is another client's while the old one waits for data.
            var former: [TestSocket] = []
            for index in roamers.indices { former.append(try roamers[index].move()) }
            for (index, roamer) in roamers.enumerated() { try roamer.send([round, UInt8(index)]) }
            for _ in roamers {
                guard case .data(let bytes, let from) = try peer.nextEvent(), bytes.count == 2, bytes[0] == round,
                    roamers[Int(bytes[1])].relayed == from
                else { throw SocketClient.NoEvent() }
                peer.client.send(bytes, to: from, at: .zero)
                peer.flush()
            }
            for (index, roamer) in roamers.enumerated() {
                #expect(roamer.socket.receive() == (try Roamer.data([round, UInt8(index)])))
            }
            #expect(former.count == roamers.count)
        }
        #expect(plane.allocationCount == 17)
    }
}
