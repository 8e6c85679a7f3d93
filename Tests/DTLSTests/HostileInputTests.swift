import DTLS
import NetPrimitives
import TestSupport
import Testing

struct HostileInputTests {
    /// The datagrams of one undisturbed handshake and a little data.
    private func recordedTrace() throws -> [(to: LossyLink.End, datagram: [UInt8])] {
        var pair = try EndpointPair()
        #expect(pair.run { $0.bothConnected })
        try pair.client.send([1, 2, 3])
        pair.drain()
        return pair.link.trace
    }

    private func feed(_ datagram: [UInt8], to role: Role) throws {
        let endpoint = try Endpoint(role: role, identity: try Identity(), expecting: nil)
        endpoint.start(at: .zero)
        endpoint.receive(datagram, at: .zero)
        endpoint.handleTimeout(at: .zero + .seconds(5))
        while let event = endpoint.nextEvent() {
            if case .data = event { Issue.record("data without a handshake") }
        }
    }

    @Test("a handshake goes on after every datagram of it came truncated first, at any byte")
    func truncated() throws {
        let identities = (try Identity(), try Identity())
        // Every cut of every datagram is given to the right side at the right moment of a live handshake.
        let client = try Endpoint(
            role: .client, identity: identities.0, expecting: identities.1.fingerprint, firstRetransmission: .seconds(60))
        let server = try Endpoint(
            role: .server, identity: identities.1, expecting: identities.0.fingerprint, firstRetransmission: .seconds(60))
        client.start(at: .zero)
        server.start(at: .zero)
        var moved = true
        while moved {
            moved = false
            while let datagram = client.nextTransmit() {
                moved = true
                for length in 0..<datagram.count { server.receive(Array(datagram.prefix(length)), at: .zero) }
                server.receive(datagram, at: .zero)
            }
            while let datagram = server.nextTransmit() {
                moved = true
                for length in 0..<datagram.count { client.receive(Array(datagram.prefix(length)), at: .zero) }
                client.receive(datagram, at: .zero)
            }
        }
        #expect(client.nextEvent() == .connected)
        #expect(server.nextEvent() == .connected)
    }

    @Test("any one bit of a handshake may flip: no trap, and no data")
    func flipped() throws {
        var random = SplitMix64(seed: 0xF11B)
        print("seed 0xF11B")
        for (end, datagram) in try recordedTrace() {
            for _ in 0..<60 {
                var damaged = datagram
                damaged[Int.random(in: 0..<damaged.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                try feed(damaged, to: end == .left ? .client : .server)
            }
        }
    }

    @Test("encrypted records that are too short to be anybody's end no session, whichever side gets them", arguments: [20, 21, 22, 23] as [UInt8])
    func shortRecords(type: UInt8) throws {
        var pair = try EndpointPair()
        #expect(pair.run { $0.bothConnected })
        for length in 0...40 {
            // Type, DTLS 1.2, epoch 1, a sequence number of its own, length.
            let header: [UInt8] = [type, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 1, UInt8(length), 0, UInt8(length)]
            let record = header + [UInt8](repeating: 1, count: length)
            pair.client.receive(record, at: pair.now)
            pair.server.receive(record, at: pair.now)
            // The same behind one that is whole.
            pair.server.receive(record + record, at: pair.now)
        }
        try pair.client.send([1, 2, 3])
        try pair.server.send([4, 5])
        #expect(pair.run { $0.serverEvents.last == .data([1, 2, 3]) && $0.clientEvents.last == .data([4, 5]) })
    }

    @Test("random datagrams do nothing to a connected endpoint")
    func garbage() throws {
        var pair = try EndpointPair()
        #expect(pair.run { $0.bothConnected })
        var random = SplitMix64(seed: 0x6A4B)
        print("seed 0x6A4B")
        for round in 0..<5000 {
            var datagram = (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            if datagram.count > 2, round.isMultiple(of: 2) {
                datagram[0] = UInt8.random(in: 20...24, using: &random)
                datagram[1...2] = [0xFE, 0xFD]
            }
            pair.server.receive(datagram, at: pair.now)
            pair.client.receive(datagram, at: pair.now)
        }
        #expect(pair.server.nextEvent() == nil && pair.client.nextEvent() == nil)
        try pair.client.send([42])
        #expect(pair.run { $0.serverEvents.last == .data([42]) })
    }

    @Test("repeated and old datagrams are not delivered twice")
    func replay() throws {
        var pair = try EndpointPair(quality: .init(duplicatePercent: 100))
        #expect(pair.run { $0.bothConnected })
        for index in UInt8(0)..<50 { try pair.client.send([index]) }
        _ = pair.run { _ in false }
        let data = pair.serverEvents.dropFirst()
        #expect(data.elementsEqual((UInt8(0)..<50).map { Endpoint.Event.data([$0]) }))
        for (end, datagram) in pair.link.trace where end == .right { pair.server.receive(datagram, at: pair.now) }
        #expect(pair.server.nextEvent() == nil)
    }
}
