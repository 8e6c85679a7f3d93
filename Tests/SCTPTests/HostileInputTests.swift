import NetPrimitives
import SCTP
import TestSupport
import Testing

/// How many seeds to flip bits with: `RA_SCTP_SEEDS=500` for an evening.
private let seedCount = UInt64(Environment.integer("RA_SCTP_SEEDS") ?? 4)

struct HostileInputTests {
    /// Chunks behind a common header of our ports, with the given verification tag.
    private static func packet(tag: UInt32, _ chunks: [UInt8]...) -> [UInt8] {
        let header: [UInt8] = [0x13, 0x88, 0x13, 0x88] + (0..<4).map { UInt8(truncatingIfNeeded: tag >> UInt32(24 - 8 * $0)) }
        return withChecksum(header + [0, 0, 0, 0] + chunks.joined())
    }

    static let table: [(name: String, chunk: [UInt8])] = [
        ("nothing", []),
        ("half a chunk header", [0x00, 0x00]),
        ("a chunk shorter than its header", [0x00, 0x03, 0x00, 0x03]),
        ("a chunk of length zero", [0x00, 0x03, 0x00, 0x00]),
        ("a chunk longer than the packet", [0x00, 0x03, 0x01, 0x00, 0, 0, 0, 0]),
        ("DATA without user data", [0x00, 0x03, 0x00, 0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 51]),
        ("DATA shorter than its fields", [0x00, 0x03, 0x00, 0x08, 0, 0, 0, 1]),
        ("DATA on a stream that is not there", [0x00, 0x03, 0x00, 0x14, 0, 0, 0, 1, 0xFF, 0xFF, 0, 0, 0, 0, 0, 51, 1, 2, 3, 4]),
        ("SACK with more blocks than fit", [0x03, 0x00, 0x00, 0x10, 0, 0, 0, 1, 0, 1, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]),
        ("SACK for what was never sent", [0x03, 0x00, 0x00, 0x10, 0x7F, 0xFF, 0xFF, 0xFF, 0, 1, 0, 0, 0, 0, 0, 0]),
        ("INIT without parameters", [0x01, 0x00, 0x00, 0x04]),
        ("INIT with a parameter of length zero", [0x01, 0x00, 0x00, 0x18, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0x80, 0x08, 0, 0]),
        ("INIT with an IPv4 address", [0x01, 0x00, 0x00, 0x1C, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 5, 0, 8, 10, 0, 0, 1]),
        ("INIT that asks for nothing", [0x01, 0x00, 0x00, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("INIT ACK out of place", [0x02, 0x00, 0x00, 0x14, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1]),
        ("HEARTBEAT with a lying parameter", [0x04, 0x00, 0x00, 0x08, 0x00, 0x01, 0xFF, 0xFF]),
        ("COOKIE ECHO of nonsense", [0x0A, 0x00, 0x00, 0x08, 1, 2, 3, 4]),
        ("ERROR with a lying cause", [0x09, 0x00, 0x00, 0x08, 0x00, 0x06, 0xFF, 0xFF]),
        ("RE-CONFIG with a lying parameter", [0x82, 0x00, 0x00, 0x08, 0x00, 0x0D, 0xFF, 0xFF]),
        ("RE-CONFIG for an odd list", [0x82, 0x00, 0x00, 0x18, 0x00, 0x0D, 0x00, 0x13, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 9, 0]),
        ("FORWARD TSN into the future", [0xC0, 0x00, 0x00, 0x08, 0x7F, 0xFF, 0xFF, 0xFF]),
        ("ASCONF", [0xC1, 0x80, 0x00, 0x08, 0, 0, 0, 1]),
        ("AUTH", [0x0F, 0x00, 0x00, 0x08, 0, 0, 0, 1]),
        ("packet drop report", [0x81, 0x00, 0x00, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("a chunk nobody knows", [0xFE, 0x00, 0x00, 0x04]),
    ]

    @Test("malformed packets do no harm before, during and after the association", arguments: table.indices)
    func malformed(index: Int) throws {
        let (name, chunk) = Self.table[index]
        let pair = try AssociationPair()
        func throwIn() {
            for end: Association in [pair.client, pair.server] {
                for tag in [0, pair.link.tag(to: .left), pair.link.tag(to: .right)] {
                    end.receive(Self.packet(tag: tag, chunk), at: pair.now)
                    end.receive(Self.packet(tag: tag, chunk, [0x04, 0x00, 0x00, 0x08, 0, 1, 0, 4]), at: pair.now)
                }
            }
        }
        throwIn()
        // The peer is the one that DTLS authenticated: what it breaks may end, but ends with a name.
        #expect(pair.connect() || !(pair.clientEvents + pair.serverEvents).failures.isEmpty, "\(name)")
        throwIn()
        pair.run(for: .milliseconds(20))
        #expect(pair.clientEvents.failures.count <= 1 && pair.serverEvents.failures.count <= 1)
        pair.client.abort()
        pair.server.abort()
        throwIn()
    }

    @Test("every packet of a conversation may come truncated at any byte first")
    func truncated() throws {
        let pair = try AssociationPair()
        pair.link.keepsTrace = true
        let id = try pair.client.open(label: "cut")
        try pair.client.send(pattern(300), on: id, kind: .binary)
        #expect(pair.run { pair.serverEvents.messages.count == 1 })
        let other = try AssociationPair()
        for (end, packet) in pair.link.trace {
            let victim = end == .left ? other.client : other.server
            for length in 0..<packet.count {
                let cut = Array(packet.prefix(length))
                victim.receive(cut, at: other.now)
                victim.receive(withChecksum(cut), at: other.now)
            }
        }
        other.drain()
        #expect(other.connect())
    }

    @Test("bits that flip in a live conversation, with the checksum made good, trap nowhere", arguments: 1...seedCount)
    func flipped(seed: UInt64) throws {
        print("seed \(seed)")
        var random = SplitMix64(seed: seed)
        for _ in 0..<12 {
            let pair = try AssociationPair(seed: seed)
            pair.link.keepsTrace = true
            let id = try pair.client.open(label: "noise")
            for index in 0..<10 { try pair.client.send(pattern(900, salt: index), on: id, kind: .binary) }
            for _ in 0..<60 {
                pair.drain()
                for (end, packet) in pair.link.trace.suffix(8) {
                    var damaged = packet
                    for _ in 0..<Int.random(in: 1...3, using: &random) {
                        damaged[Int.random(in: 12..<damaged.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                    }
                    (end == .left ? pair.client : pair.server).receive(withChecksum(damaged), at: pair.now)
                }
                pair.run(for: .microseconds(300))
            }
            pair.client.close(id)
            pair.client.shutdown()
            pair.run(for: .milliseconds(5))
            #expect(pair.clientEvents.failures.count <= 1 && pair.serverEvents.failures.count <= 1)
        }
    }
}

extension LossyLink {
    /// The verification tag of the newest packet to an end; 1 before there is one.
    fileprivate func tag(to end: End) -> UInt32 { newest[end]?[4..<8].reduce(0) { $0 << 8 | UInt32($1) } ?? 1 }
}
