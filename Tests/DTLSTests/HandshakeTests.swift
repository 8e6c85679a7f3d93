import DTLS
import NetPrimitives
import TestSupport
import Testing

struct HandshakeTests {
    @Test("both sides connect, exchange data and close")
    func handshake() throws {
        var pair = try EndpointPair()
        #expect(pair.run { $0.bothConnected })
        #expect(pair.client.nextDeadline == nil && pair.server.nextDeadline == nil)
        try pair.client.send(Array("hello".utf8))
        try pair.server.send(Array("help".utf8))
        #expect(pair.run { $0.serverEvents.count == 2 && $0.clientEvents.count == 2 })
        #expect(pair.serverEvents.last == .data(Array("hello".utf8)))
        #expect(pair.clientEvents.last == .data(Array("help".utf8)))
        pair.client.close()
        #expect(pair.run { $0.serverEvents.last == .closed })
        #expect(throws: Failure.notConnected) { try pair.client.send([1]) }
        #expect(throws: Failure.notConnected) { try pair.server.send([1]) }
    }

    @Test("an SRTP profile is agreed on, for stacks that take no handshake without one")
    func profile() throws {
        var pair = try EndpointPair()
        #expect(pair.run { $0.bothConnected })
        // RFC 5764 section 4.1.1: use_srtp, five octets, one profile of two: SRTP_AES128_CM_HMAC_SHA1_80, no MKI.
        let use: [UInt8] = [0, 14, 0, 5, 0, 2, 0, 1, 0]
        for end in [LossyLink.End.left, .right] {
            #expect(pair.link.trace.contains { $0.to == end && $0.datagram.firstRange(of: use) != nil })
        }
    }

    @Test("no datagram is larger than the MTU, in the handshake and after it", arguments: [576, 1200, 1400])
    func mtu(mtu: Int) throws {
        var pair = try EndpointPair(mtu: mtu)
        #expect(pair.run { $0.bothConnected })
        let limit = pair.client.maximumPayload
        #expect(limit >= mtu - 37)
        try pair.client.send([UInt8](repeating: 7, count: limit))
        #expect(throws: Failure.payloadTooLarge(limit: limit)) { try pair.client.send([UInt8](repeating: 7, count: limit + 1)) }
        #expect(pair.run { $0.serverEvents.count == 2 })
        #expect(pair.link.largest <= mtu)
    }

    @Test("a lossy, repeating, reordering path delays the handshake and does not stop it", arguments: UInt64(1)...8)
    func lossy(seed: UInt64) throws {
        print("seed \(seed)")
        var pair = try EndpointPair(
            seed: seed, quality: .init(lossPercent: 20, duplicatePercent: 20, delay: .milliseconds(1), jitter: .milliseconds(30)))
        #expect(pair.run { $0.bothConnected })
    }

    @Test("a peer with another certificate than agreed on is refused, and nothing is delivered")
    func wrongFingerprint() throws {
        let stranger = try Identity().fingerprint
        var pair = try EndpointPair(clientExpects: stranger)
        #expect(!pair.run { _ in false })
        guard case .failed(.fingerprintMismatch(let expected, _)) = pair.clientEvents.first else {
            Issue.record("the client took \(pair.clientEvents)")
            return
        }
        #expect(expected == stranger && pair.clientEvents.count == 1)
        #expect(pair.serverEvents == [.connected, .closed])

        pair = try EndpointPair(serverExpects: stranger)
        #expect(!pair.run { _ in false })
        guard case .failed(.fingerprintMismatch) = pair.serverEvents.first else {
            Issue.record("the server took \(pair.serverEvents)")
            return
        }
        #expect(pair.serverEvents.count == 1)
        #expect(throws: Failure.notConnected) { try pair.server.send([1]) }
    }

    @Test("data that comes with the last flight of a stranger is never delivered")
    func strangerTalks() throws {
        var pair = try EndpointPair(serverExpects: try Identity().fingerprint)
        var talked = false
        _ = pair.run { pair in
            if pair.clientEvents.first == .connected, !talked { talked = (try? pair.client.send([1, 2, 3])) != nil }
            return false
        }
        #expect(pair.serverEvents.allSatisfy { if case .data = $0 { false } else { true } })
    }

    @Test("nobody expected is nobody accepted")
    func noFingerprint() throws {
        var pair = try EndpointPair()
        pair.server.expectedPeer = nil
        #expect(!pair.run { _ in false })
        #expect(pair.serverEvents == [.failed(.noExpectedFingerprint)])
    }

    @Test("a peer that never answers is given up, with no more than a dozen flights")
    func silence() throws {
        // OpenSSL waits in wall time, so only the first retransmissions are looked at here.
        let client = try Endpoint(
            role: .client, identity: try Identity(), expecting: nil, firstRetransmission: .milliseconds(17))
        var now = Instant.zero
        client.start(at: now)
        var flights = 0
        while flights < 3 {
            while client.nextTransmit() != nil { flights += 1 }
            let deadline = try #require(client.nextDeadline)
            #expect(deadline > now && deadline - now <= .milliseconds(200))
            now = deadline
            client.handleTimeout(at: now)
        }
        #expect(client.nextEvent() == nil)
    }
}
