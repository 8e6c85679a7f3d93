import DTLS
import Glibc
import NetPrimitives
import SCTP
import TestSupport
import Testing

/// One end of a session's transport: SCTP in DTLS.
private final class Peer {
    let endpoint: Endpoint
    let role: SCTP.Role
    var association: Association?
    var events: [Association.Event] = []
    private(set) var failures: [DTLS.Failure] = []

    init(_ role: DTLS.Role, _ identity: Identity, expecting peer: Fingerprint) throws {
        endpoint = try Endpoint(role: role, identity: identity, expecting: peer, firstRetransmission: .milliseconds(50))
        self.role = role == .client ? .client : .server
    }

    func receive(_ datagram: [UInt8], at now: Instant) throws {
        endpoint.receive(datagram, at: now)
        try pump(at: now)
    }

    func pump(at now: Instant) throws {
        while let event = endpoint.nextEvent() {
            switch event {
            case .connected: association = try Association(role: role, at: now)
            case .data(let packet): association?.receive(packet, at: now)
            case .closed: break
            case .failed(let failure): failures.append(failure)
            }
        }
        while let event = association?.nextEvent() { events.append(event) }
        while let packet = association?.nextTransmit() { try endpoint.send(packet) }
    }

    var nextDeadline: Instant? { .earliest(endpoint.nextDeadline, association?.nextDeadline) }

    func handleTimeout(at now: Instant) throws {
        endpoint.handleTimeout(at: now)
        association?.handleTimeout(at: now)
        try pump(at: now)
    }
}

struct OverDTLSTests {
    @Test("data channels over DTLS over a lossy, reordering path deliver everything, in datagrams of at most 1200 bytes", arguments: UInt64(1)...2)
    func stack(seed: UInt64) throws {
        print("seed \(seed)")
        let (left, right) = (try Identity(), try Identity())
        let client = try Peer(.client, left, expecting: right.fingerprint)
        let server = try Peer(.server, right, expecting: left.fingerprint)
        var link = LossyLink(seed: seed, quality: .init(lossPercent: 10, duplicatePercent: 5, jitter: .milliseconds(12)))
        var now = Instant.zero
        client.endpoint.start(at: now)
        server.endpoint.start(at: now)
        var screen: ChannelID?
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end, server.events.messages.count < 5 || client.events.messages.count < 1 {
            if screen == nil, client.events.contains(.connected), let association = client.association {
                let id = try association.open(label: "screen")
                screen = id
                for index in 0..<5 { try association.send(pattern(100_000, salt: index), on: id, kind: .binary) }
            }
            if let opened = server.events.opened.first, server.events.messages.count == 1, let association = server.association {
                try association.send(Array("seen".utf8), on: opened.id, kind: .text)
                try server.pump(at: now)
            }
            while let datagram = client.endpoint.nextTransmit() { link.send(datagram, to: .right, at: now) }
            while let datagram = server.endpoint.nextTransmit() { link.send(datagram, to: .left, at: now) }
            if link.nextArrival == nil { usleep(500) }
            guard let next = Optional.earliest(link.nextArrival, client.nextDeadline, server.nextDeadline) else { break }
            now = max(now, next)
            for (end, datagram) in link.arrivals(at: now) { try (end == .left ? client : server).receive(datagram, at: now) }
            try client.handleTimeout(at: now)
            try server.handleTimeout(at: now)
        }
        #expect(server.events.messages.elementsEqual((0..<5).map { pattern(100_000, salt: $0) }))
        #expect(client.events.messages.first == Array("seen".utf8))
        #expect(client.failures.isEmpty && server.failures.isEmpty)
        #expect(link.largest <= 1200)
    }
}
