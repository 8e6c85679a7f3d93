import ICE
import NetPrimitives
import Testing

@Suite struct CandidateCodecTests {
    private static let base = TransportAddress(ip: .v4(0xC0A8_0102), port: 40_000)
    private static let outer = TransportAddress(ip: .v4(0xCB00_7105), port: 51_000)
    private static let server = IPAddress.v4(0xC633_6401)

    @Test("RFC 8839's example lines are read")
    func examples() throws {
        let host = try Candidate(sdp: "a=candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host")
        #expect(host.type == .host)
        #expect(host.transport == .udp)
        #expect(host.priority == 2_130_706_431)
        #expect(host.address == TransportAddress("203.0.113.141:8998"))
        #expect(host.relatedAddress == nil)
        let reflexive = try Candidate(
            sdp: "candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998")
        #expect(reflexive.type == .serverReflexive)
        #expect(!reflexive.isMapped)
        #expect(reflexive.relatedAddress == TransportAddress("203.0.113.141:8998"))
        let ipv6 = try Candidate(
            sdp: "candidate:1 1 UDP 2130706431 2001:db8:8101:3a55:4858:a2a9:22ff:99b9 45664 typ host")
        #expect(ipv6.address.family == .ipv6)
    }

    @Test("a browser's extensions are ignored, also after the related address")
    func extensions() throws {
        let line =
            "candidate:842163049 1 udp 1677729535 203.0.113.7 61665 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag EsAw network-cost 999"
        let candidate = try Candidate(sdp: line)
        #expect(candidate.type == .serverReflexive)
        #expect(candidate.relatedAddress == TransportAddress("0.0.0.0:0"))
        #expect(!candidate.isMapped)
    }

    @Test(
        "what other agents write is read: aioice, libnice, pion and Chromium",
        arguments: [
            ("candidate:16572de626da4e5384a0ce2d0d93678a 1 udp 2130706431 127.0.0.1 47532 typ host", CandidateType.host),
            ("candidate:ef1a5b8a9b2c4d3e8f7a6b5c4d3e2f10 1 udp 16777215 127.0.0.1 49502 typ relay raddr 0.0.0.0 rport 9", .relayed),
            ("a=candidate:1 1 UDP 2015364095 127.0.0.1 48581 typ host", .host),
            ("a=candidate:3 1 TCP 1010828287 127.0.0.1 42749 typ host tcptype passive", .host),
            ("candidate:2878742611 1 udp 2130706431 127.0.0.1 39294 typ host", .host),
            (
                "candidate:1848703567 1 udp 2122194687 127.0.0.1 53623 typ host generation 0 ufrag 7ycl network-id 3 network-cost 50",
                .host
            ),
            (
                "candidate:2426023643 1 tcp 1518214911 127.0.0.1 9 typ host tcptype active generation 0 ufrag 7ycl network-id 3",
                .host
            ),
        ])
    func others(_ line: String, _ type: CandidateType) throws {
        let candidate = try Candidate(sdp: line)
        #expect(candidate.type == type)
        #expect(candidate.component == 1 && candidate.address.ip.isLoopback)
    }

    @Test("a TCP candidate is read with who connects")
    func tcp() throws {
        let candidate = try Candidate(sdp: "candidate:3 1 TCP 2105458943 192.0.2.1 9 typ host tcptype active")
        #expect(candidate.transport == .tcp)
        #expect(candidate.tcpType == .active)
        #expect(Candidate.activeTCP(.v4(0xC0A8_0102)).sdp.hasSuffix(" 192.168.1.2 9 typ host tcptype active"))
    }

    @Test(
        "what is gathered comes back from its line as it was",
        arguments: [
            Candidate.host(base), .serverReflexive(outer, base: base, server: server), .mapped(outer, base: base),
            .relayed(outer, server: server, reflexive: base),
            .activeTCP(base.ip), .passiveTCP(base), .mappedPassiveTCP(outer, base: base),
            .host(TransportAddress(ip: .v6(0x2001_0DB8 << 32, 1), port: 1)),
        ])
    func roundTrip(_ candidate: Candidate) throws {
        var expected = candidate
        expected.base = candidate.address  // means something on its own side only
        #expect(try Candidate(sdp: candidate.sdp) == expected)
        #expect(try Candidate(sdp: "a=" + candidate.sdp) == expected)
    }

    @Test("a mapped candidate is a server-reflexive one to those who do not know better")
    func mapped() {
        let line = Candidate.mapped(Self.outer, base: Self.base).sdp
        #expect(line.hasSuffix(" typ srflx raddr 192.168.1.2 rport 40000 mapped 1"))
        #expect(line.contains(" 1946157055 "))
    }

    @Test("a related address that is kept secret is written as unspecified")
    func hidden() {
        #expect(Candidate.relayed(Self.outer, server: Self.server).sdp.hasSuffix(" typ relay raddr 0.0.0.0 rport 9"))
    }

    @Test("foundations are equal for the same type, base address and server, and only then")
    func foundations() {
        let other = TransportAddress(ip: Self.base.ip, port: 1)
        #expect(Candidate.host(Self.base).foundation == Candidate.host(other).foundation)
        let foundations = Set([
            Candidate.host(Self.base).foundation, Candidate.host(Self.outer).foundation,
            Candidate.serverReflexive(Self.outer, base: Self.base, server: Self.server).foundation,
            Candidate.serverReflexive(Self.outer, base: Self.base, server: Self.outer.ip).foundation,
            Candidate.mapped(Self.outer, base: Self.base).foundation,
            Candidate.relayed(Self.outer, server: Self.server).foundation,
        ])
        #expect(foundations.count == 6)
    }

    private static let malformed: [(String, CandidateParsingError)] = [
        ("", .notACandidate),
        ("candidate", .notACandidate),
        ("Candidate:1 1 udp 1 192.0.2.1 1 typ host", .notACandidate),
        ("candidate:", .missingField(.foundation)),
        ("candidate: 1 udp 1 192.0.2.1 1 typ host", .missingField(.foundation)),
        ("candidate:1-2 1 udp 1 192.0.2.1 1 typ host", .malformedField(.foundation)),
        ("candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 1 typ host", .malformedField(.foundation)),
        ("candidate:1", .missingField(.component)),
        ("candidate:1 0 udp 1 192.0.2.1 1 typ host", .malformedField(.component)),
        ("candidate:1 257 udp 1 192.0.2.1 1 typ host", .malformedField(.component)),
        ("candidate:1 -1 udp 1 192.0.2.1 1 typ host", .malformedField(.component)),
        ("candidate:1  1 udp 1 192.0.2.1 1 typ host", .missingField(.component)),
        ("candidate:1 1", .missingField(.transport)),
        ("candidate:1 1 sctp 1 192.0.2.1 1 typ host", .unknownTransport),
        ("candidate:1 1 udp", .missingField(.priority)),
        ("candidate:1 1 udp 0 192.0.2.1 1 typ host", .malformedField(.priority)),
        ("candidate:1 1 udp 2147483648 192.0.2.1 1 typ host", .malformedField(.priority)),
        ("candidate:1 1 udp 99999999999999999999 192.0.2.1 1 typ host", .malformedField(.priority)),
        ("candidate:1 1 udp +1 192.0.2.1 1 typ host", .malformedField(.priority)),
        ("candidate:1 1 udp 1", .missingField(.address)),
        ("candidate:1 1 udp 1 192.0.2.256 1 typ host", .malformedField(.address)),
        ("candidate:1 1 udp 1 [2001:db8::1] 1 typ host", .malformedField(.address)),
        ("candidate:1 1 udp 1 1f4712db-ea17-4bcf-a596-105139dfd8bf.local 1 typ host", .addressIsAName),
        ("candidate:1 1 udp 1 192.0.2.1", .missingField(.port)),
        ("candidate:1 1 udp 1 192.0.2.1 0 typ host", .malformedField(.port)),
        ("candidate:1 1 udp 1 192.0.2.1 65536 typ host", .malformedField(.port)),
        ("candidate:1 1 udp 1 192.0.2.1 1", .missingField(.type)),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ", .missingField(.type)),
        ("candidate:1 1 udp 1 192.0.2.1 1 type host", .malformedField(.type)),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ guest", .unknownType),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ srflx raddr", .missingField(.relatedAddress)),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ srflx raddr 1.2.3 rport 1", .malformedField(.relatedAddress)),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ srflx raddr 192.0.2.2 rport 65536", .malformedField(.relatedPort)),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ srflx raddr 192.0.2.2 rport", .missingField(.relatedPort)),
        ("candidate:1 1 tcp 1 192.0.2.1 9 typ host", .missingField(.tcpType)),
        ("candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype", .missingField(.tcpType)),
        ("candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype idle", .malformedField(.tcpType)),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ host generation", .missingField(.extension)),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ host ", .missingField(.extension)),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n", .malformedField(.type)),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ host x \u{1B}[2J", .malformedField(.extension)),
        ("candidate:1 1 udp 1 192.0.2.1 1 typ host x " + String(repeating: "y", count: 1024), .tooLong),
    ]

    @Test("a malformed line throws what is wrong with it", arguments: malformed)
    func malformedLines(_ line: String, _ error: CandidateParsingError) {
        #expect(throws: error) { try Candidate(sdp: line) }
    }

    @Test("a line cut at any place is read or throws, and never traps")
    func truncation() {
        let line = Candidate.mapped(Self.outer, base: Self.base).sdp
        for count in 0..<line.count { _ = try? Candidate(sdp: String(line.prefix(count))) }
    }
}
