import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

@Suite("Binding and what is not STUN")
struct BindingTests {
    @Test("everybody learns their address, in at most 1.6 times the request", arguments: [false, true])
    func reflexive(fingerprint: Bool) throws {
        var machine = makeMachine()
        var client = HandClient()
        let request = client.bare(.binding, fingerprint: fingerprint)
        let answer = try client.ask(request, &machine)
        #expect(answer[XORMappedAddress.self]?.address == client.fiveTuple.client)
        #expect(answer.contains(.fingerprint) == fingerprint)
        #expect(!answer.contains(.software))
        let size = 20 + 12 + (fingerprint ? 8 : 0)
        #expect(size * 10 <= request.count * 16)
    }

    @Test("what it must understand and does not is told")
    func unknown() throws {
        var machine = makeMachine()
        var client = HandClient()
        var request = client.bare(.binding, [Unknown()])
        let answer = try client.ask(request, &machine)
        #expect(answer[ErrorCode.self]?.code == 420)
        #expect(answer[UnknownAttributes.self]?.types == [Unknown.type])
        request[20] = 0x80  // optional, and unknown: no matter
        #expect(try client.ask(request, &machine).messageClass == .successResponse)
    }

    @Test("silence for RFC 3489, for other protocols, for responses and for methods nobody knows")
    func silence() {
        var machine = makeMachine()
        var client = HandClient()
        var classic = client.bare(.binding)
        classic[4] = 0
        let others: [[UInt8]] = [
            [], [0], classic, Array("GET / HTTP/1.1\r\n\r\n".utf8), [0x16, 0xFE, 0xFD] + Array(repeating: 0, count: 20),
            [0x40, 0x00, 0x00, 0x01, 0x00], client.bare(Method(rawValue: 0x00D)), client.bare(Method(rawValue: 0xFFF)),
            MessageBuilder(.successResponse, .binding, transactionID: client.newID()).finish(),
            MessageBuilder(.errorResponse, .allocate, transactionID: client.newID()).finish(),
            MessageBuilder(.indication, .binding, transactionID: client.newID()).finish(),
            MessageBuilder(.indication, .data, transactionID: client.newID()).finish(),
        ]
        for bytes in others { #expect(client.exchange(bytes, &machine).isEmpty, "\(bytes)") }
    }

    @Test("requests with one byte changed are never believed")
    func mutated() throws {
        var machine = makeMachine()
        var client = HandClient()
        try client.learnNonce(&machine)
        var random = SplitMix64(seed: 13)
        let request = client.request(.allocate, [RequestedTransport(.udp), EvenPort(reservesNext: true), Lifetime(700)])
        for _ in 0..<5000 {
            var changed = request
            changed[Int.random(in: changed.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            _ = client.exchange(changed, &machine)
        }
        #expect(machine.allocationCount == 0 && machine.host.open.isEmpty)
    }

    @Test("a request of unreasonable size gets no work")
    func oversized() throws {
        var machine = makeMachine()
        let client = HandClient()
        var attributes: [UInt8] = []
        for type in 0x3000..<0x6000 as Range<UInt16> {
            attributes += [UInt8(type >> 8), UInt8(truncatingIfNeeded: type), 0, 0]
        }
        let length = [UInt8(attributes.count >> 8), UInt8(attributes.count & 0xFF)]
        let request = [0, 1] + length + [0x21, 0x12, 0xA4, 0x42] + Array(repeating: 1, count: 12) + attributes
        #expect(throws: Never.self) { try Message(decoding: request) }
        #expect(client.exchange(request, &machine).isEmpty)
    }

    @Test("a flood without credentials leaves nothing behind")
    func flood() {
        var machine = makeMachine()
        var random = SplitMix64(seed: 11)
        for number in 0..<5000 {
            var client = HandClient("8.8.4.4:40000")
            client.fiveTuple.client = TransportAddress(ip: .v4(UInt32(number) << 8), port: UInt16(number))
            let requests = [
                client.bare(.allocate, [RequestedTransport(.udp)]), client.request(.allocate, [RequestedTransport(.udp)]),
                client.bare(.binding), client.bare(.createPermission), client.sendIndication([1], to: client.fiveTuple.server),
                (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) },
            ]
            for request in requests { _ = client.exchange(request, &machine) }
        }
        #expect(machine.allocationCount == 0)
        #expect(machine.host.open.isEmpty && machine.host.quotas.total == 0 && machine.host.reservations.count == 0)
        #expect(machine.nextDeadline == nil)
    }
}
