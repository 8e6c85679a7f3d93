import NetPrimitives
import PortMapping
import Testing

/// The vectors are spelled after the figures of RFC 6887 §7.1, §7.2, §11.1 and §12.1.
@Suite("PCP's messages")
struct PCPCodecTests {
    private func mapping(_ external: String) throws -> PCPMapping {
        PCPMapping(
            nonce: try #require(nonce), transport: .udp, internalPort: 5000, external: address(external))
    }

    @Test("a MAP request is 60 octets, with IPv4 addresses mapped into IPv6")
    func mapRequest() throws {
        let request = PCPRequest(.map(try mapping("0.0.0.0:6000")), lifetime: 600, client: address("192.168.1.10:0").ip)
        #expect(
            request.encoded
                == bytes(
                    """
                    02 01 0000              ; version 2, request, MAP; reserved
                    00000258                ; 600 s
                    00000000 00000000 0000ffff c0a8010a
                    \(nonceText)
                    11 000000               ; UDP; reserved
                    1388 1770               ; internal port 5000, suggested external port 6000
                    00000000 00000000 0000ffff 00000000
                    """))
    }

    @Test("a PEER request is 80 octets, and one over IPv6 has its addresses as they are")
    func peerRequest() throws {
        let request = PCPRequest(
            .peer(try mapping("[::]:0"), remote: address("[2001:db8::2]:3478")), lifetime: 120,
            client: address("[2001:db8::1]:0").ip)
        #expect(
            request.encoded
                == bytes(
                    """
                    02 02 0000 00000078
                    20010db8 00000000 00000000 00000001
                    \(nonceText)
                    11 000000 1388 0000
                    00000000 00000000 00000000 00000000
                    0d96 0000               ; the peer's port; reserved
                    20010db8 00000000 00000000 00000002
                    """))
    }

    @Test("an ANNOUNCE request is a header")
    func announceRequest() {
        let request = PCPRequest(.announce, lifetime: 0, client: address("192.168.1.10:0").ip)
        #expect(request.encoded == bytes("02000000 00000000 00000000 00000000 0000ffff c0a8010a"))
    }

    @Test("a MAP response tells result, lifetime, epoch and what was assigned; options are passed over")
    func mapResponses() throws {
        let options = bytes("7f00 0005 0102030405 000000" + "01 00 0000")
        for datagram in [mapResponse(), mapResponse() + options] {
            let response = try PCPResponse(decoding: datagram)
            #expect(response.result == .success)
            #expect(response.lifetime == 600)
            #expect(response.epoch == 100)
            #expect(response.body == .map(try mapping("11.22.33.21:6000")))
        }
        #expect(try PCPResponse(decoding: mapResponse(result: 12)).result == .addressMismatch)
    }

    @Test("a PEER response tells the peer as well")
    func peerAnswer() throws {
        #expect(
            try PCPResponse(decoding: peerResponse(to: "0b16212c")).body
                == .peer(try mapping("11.22.33.21:6000"), remote: address("11.22.33.44:3478")))
    }

    @Test("what is no response of version 2 is none", arguments: [
        ([], .truncated), ([2], .badLength(1)), ([2, 0x81, 0, 0], .truncated), (Array(mapResponse().dropLast(4)), .truncated),
        (Array(announceResponse(epoch: 1).prefix(20)), .truncated), (mapResponse() + [0], .badLength(61)),
        (mapResponse() + [UInt8](repeating: 0, count: 1044), .badLength(1104)),
        // NAT-PMP's "unsupported version" (RFC 6886 §3.5), and PCP's drafts
        ([0, 0x81, 0, 1, 0, 0, 0, 9], .version(0)), ([1] + Array(mapResponse().dropFirst()), .version(1)),
        ([2, 1] + Array(mapResponse().dropFirst(2)), .notAResponse),
        ([2, 0x83] + Array(mapResponse().dropFirst(2)), .unknownOpcode(3)),
        (mapResponse(transport: "84"), .unknownProtocol(0x84)),
        (mapResponse() + [1, 0, 0, 4], .malformedOption), (mapResponse() + [1, 0, 0xFF, 0xFF], .malformedOption),
    ] as [([UInt8], PCPDecodingError)])
    func hostile(_ datagram: [UInt8], _ error: PCPDecodingError) {
        #expect(throws: error) { try PCPResponse(decoding: datagram) }
    }

    @Test("survives any octets", arguments: 1...4 as ClosedRange<UInt64>)
    func anyOctets(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        for _ in 0..<2000 {
            var datagram = mapResponse()
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                datagram[Int.random(in: 0..<datagram.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            datagram = Array(datagram.prefix(Int.random(in: 0...60, using: &random)))
            if let response = try? PCPResponse(decoding: datagram) { #expect(datagram.count >= 24, "\(response)") }
        }
    }

    @Test("a nonce is shown to nobody")
    func redacted() {
        #expect("\(String(describing: nonce))".contains("redacted"))
        #expect(nonce?.bytes == Array(1...12))
        #expect(PCPNonce(bytes: [1, 2, 3]) == nil)
    }
}
