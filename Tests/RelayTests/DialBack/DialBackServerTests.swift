import NetPrimitives
import Relay
import STUN
import TestSupport
import Testing

@Suite("The relay's dial-back")
struct DialBackServerTests {
    private let asker = IPAddress(literal: "11.22.33.44")
    private let server = IPAddress(literal: "11.22.33.10")
    private let nonce: TransactionID

    init() throws { nonce = try #require(TransactionID("000102030405060708090a0b")) }

    private func request(_ transport: TransportProtocol, port: UInt16 = 3389, via: UInt16? = nil) -> DialBackRequest {
        DialBackRequest(transport: transport, port: port, nonce: nonce, via: via)
    }

    private func begin(
        _ machine: inout DialBackServer, _ request: DialBackRequest, for asker: IPAddress? = nil,
        server: IPAddress? = nil, listening: [String] = ["0.0.0.0:3478"], policy: PeerPolicy = PeerPolicy(),
        at now: Instant = .zero
    ) throws(DialBackRefusal) -> DialBackServer.ID {
        try machine.begin(
            request, for: asker ?? self.asker, at: server ?? self.server,
            listening: listening.map { TransportAddress(literal: $0) }, policy: policy, now: now)
    }

    private func outputs(_ machine: inout DialBackServer) -> [DialBackServer.Output] {
        var outputs: [DialBackServer.Output] = []
        while let output = machine.nextOutput() { outputs.append(output) }
        return outputs
    }

    /// 28 octets: a Binding request with the nonce for its transaction ID, and FINGERPRINT.
    private var call: [UInt8] { MessageBuilder(.request, .binding, transactionID: nonce).finish(fingerprint: true) }

    @Test("TCP: the asker's address is dialled from the one that was asked, sent the nonce, and let go")
    func tcpOpen() throws {
        var machine = DialBackServer()
        let id = try begin(&machine, request(.tcp))
        let target = TransportAddress(ip: asker, port: 3389)
        #expect(outputs(&machine) == [.open(id, .tcp, from: server, to: target)])
        machine.connected(id)
        #expect(call.count == 28)
        #expect(outputs(&machine) == [.send(id, call), .finish(id, .open)])
        #expect((machine.count, machine.nextDeadline) == (0, nil))
        #expect(machine.counters.tcp[.open] == 1)
    }

    @Test("TCP: a reset is refused, no way and silence are filtered")
    func tcpClosed() throws {
        var machine = DialBackServer()
        for (failure, result) in [(.reset, .refused), (.unreachable, .filtered)]
            as [(DialBackServer.Failure, DialBackResult)]
        {
            let id = try begin(&machine, request(.tcp))
            machine.failed(id, failure)
            #expect(outputs(&machine).last == .finish(id, result))
        }
        let id = try begin(&machine, request(.tcp), at: .at(10))
        _ = outputs(&machine)
        #expect(machine.nextDeadline == .at(12.75))
        machine.handleTimeout(at: .at(12.749))
        #expect(outputs(&machine) == [])
        machine.handleTimeout(at: .at(12.75))
        #expect(outputs(&machine) == [.finish(id, .filtered)])
        machine.connected(id)
        #expect(outputs(&machine) == [], "it comes too late")
        #expect((machine.counters.tcp[.refused], machine.counters.tcp[.filtered]) == (1, 2))
    }

    @Test("UDP: the nonce is sent again until it is answered, from there and with that nonce")
    func udpOpen() throws {
        var machine = DialBackServer()
        let id = try begin(&machine, request(.udp))
        let target = TransportAddress(ip: asker, port: 3389)
        #expect(outputs(&machine) == [.open(id, .udp, from: server, to: target), .send(id, call)])
        machine.handleTimeout(at: .at(0.25))
        #expect(outputs(&machine) == [.send(id, call)])
        var answer = MessageBuilder(.successResponse, .binding, transactionID: nonce)
        answer.add(XORMappedAddress(TransportAddress(ip: server, port: 40_000)))
        let bytes = answer.finish(fingerprint: true)
        machine.receive(bytes, from: TransportAddress(literal: "11.22.33.45:3389"), on: id, at: .at(0.3))
        machine.receive(bytes, from: TransportAddress(literal: "11.22.33.44:3390"), on: id, at: .at(0.3))
        machine.receive(call, from: target, on: id, at: .at(0.3))
        machine.receive([], from: target, on: id, at: .at(0.3))
        #expect(outputs(&machine) == [])
        machine.receive(bytes, from: target, on: id, at: .at(0.3))
        #expect(outputs(&machine) == [.finish(id, .open)])
    }

    @Test("UDP: four requests are sent, and none more, to who does not answer")
    func udpSilence() throws {
        var machine = DialBackServer()
        let id = try begin(&machine, request(.udp))
        var sent: [DialBackServer.Output] = outputs(&machine)
        var times: [Duration] = []
        while let deadline = machine.nextDeadline {
            times.append(deadline - .zero)
            machine.handleTimeout(at: deadline)
            sent += outputs(&machine)
        }
        #expect(times == [.milliseconds(250), .milliseconds(750), .milliseconds(1750), .milliseconds(2750)])
        #expect(sent.count { $0 == .send(id, call) } == 4)
        #expect(sent.last == .finish(id, .filtered))
    }

    @Test("UDP from a listener: its port sends, and what came of it the asker alone knows")
    func udpFromListener() throws {
        var machine = DialBackServer()
        let id = try begin(&machine, request(.udp, via: 3478))
        let fiveTuple = FiveTuple(
            transport: .udp, client: TransportAddress(ip: asker, port: 3389), server: TransportAddress(ip: server, port: 3478))
        var all = outputs(&machine)
        while let deadline = machine.nextDeadline {
            machine.handleTimeout(at: deadline)
            all += outputs(&machine)
        }
        #expect(all == Array(repeating: .sendFromListener(call, fiveTuple), count: 4) + [.finish(id, .sent)])
        #expect(throws: DialBackRefusal.notListening) { _ = try begin(&machine, request(.udp, via: 53)) }
    }

    @Test(
        "UDP from a listener: it has to be one of the family and the address that was asked, or of all addresses",
        arguments: [
            ("11.22.33.10", "11.22.33.10:3478", true), ("11.22.33.10", "0.0.0.0:3478", true), ("11.22.33.10", "[::]:3478", false),
            ("11.22.33.10", "11.22.33.11:3478", false), ("11.22.33.10", "0.0.0.0:3479", false),
            ("::ffff:11.22.33.10", "11.22.33.10:3478", true), ("2a00::1", "[::]:3478", true), ("2a00::1", "0.0.0.0:3478", false),
            ("2a00::1", "[2a00::2]:3478", false),
        ])
    func listener(server: String, listening: String, isThere: Bool) {
        var machine = DialBackServer()
        let id = try? begin(
            &machine, request(.udp, via: 3478), server: IPAddress(literal: server), listening: ["1.1.1.1:53", listening])
        #expect((id != nil) == isThere)
        #expect(outputs(&machine).count == (isThere ? 1 : 0) && machine.counters.refused[.notListening] == (isThere ? 0 : 1))
    }

    @Test("an IPv4 address in IPv6's clothes is dialled as what it is")
    func mapped() throws {
        var machine = DialBackServer()
        let id = try begin(&machine, request(.tcp), for: IPAddress(literal: "::ffff:11.22.33.44"))
        #expect(outputs(&machine) == [.open(id, .tcp, from: server, to: TransportAddress(ip: asker, port: 3389))])
    }

    @Test("services' ports are nobody's to try", arguments: [(1, false), (22, false), (443, true), (1023, false), (1024, true)])
    func ports(port: UInt16, isAllowed: Bool) {
        var machine = DialBackServer()
        #expect(((try? begin(&machine, request(.tcp, port: port))) != nil) == isAllowed)
        #expect(machine.counters.refused[.port] == (isAllowed ? 0 : 1))
    }

    @Test("the peer policy decides, and our own address is never dialled: a proxy in front of us would ask for everybody")
    func policy() {
        var machine = DialBackServer()
        let allowing = PeerPolicy(allow: [CIDRBlock(literal: "192.168.0.0/16")], deny: [CIDRBlock(literal: "11.22.33.44/32")])
        let owning = PeerPolicy(ownAddresses: [asker])
        for (address, policy, isAllowed) in [
            ("11.22.33.45", allowing, true), ("11.22.33.44", allowing, false), ("192.168.1.2", allowing, true),
            ("10.0.0.1", allowing, false), ("127.0.0.1", allowing, false), ("::1", allowing, false), ("fe80::1", allowing, false),
            ("::ffff:10.0.0.1", allowing, false), ("11.22.33.44", owning, false),
        ] {
            let admitted = try? begin(&machine, request(.udp), for: IPAddress(literal: address), policy: policy)
            #expect((admitted != nil) == isAllowed, "\(address)")
        }
        #expect(machine.counters.refused[.address] == 7)
    }

    @Test("a source has its burst, then one a second; others are not touched by it")
    func rate() throws {
        var machine = DialBackServer()
        func ask(_ address: UInt32, at now: Instant) -> Bool {
            guard let id = try? begin(&machine, request(.tcp), for: .v4(address), at: now) else { return false }
            machine.failed(id, .reset)
            return true
        }
        // One /24, whichever of its addresses asks.
        #expect((0..<100).count { ask(0x0B16_2100 + $0, at: .zero) } == 60)
        #expect(ask(0x0B16_2200, at: .zero))
        #expect((0..<100).count { _ in ask(0x0B16_2105, at: .at(3)) } == 3)
        #expect(machine.counters.refused[.rate] == 137)
    }

    @Test("everybody together has a bound, and what a flood of sources leaves behind has one")
    func flood() {
        var machine = DialBackServer()
        var admitted = 0
        for number in 0..<UInt32(100_000) {
            // A second for each thousand: fifty of them.
            let now = Instant.zero + .milliseconds(Int(number))
            guard let id = try? begin(&machine, request(.tcp), for: .v4(0x0B00_0000 + number << 8), at: now) else { continue }
            admitted += 1
            machine.failed(id, .reset)
            _ = outputs(&machine)
        }
        #expect((600 + 4900...600 + 5100).contains(admitted))
        #expect(machine.sourceCount <= DialBackLimits().sources)
        #expect(machine.count == 0)
    }

    @Test("so many at once are under way, of one source and in all; the end of one makes room")
    func underWay() throws {
        var limits = DialBackLimits()
        (limits.underWay, limits.underWayPerSource) = (5, 3)
        var machine = DialBackServer(limits: limits)
        let first = try begin(&machine, request(.tcp))
        for _ in 0..<2 { _ = try begin(&machine, request(.udp)) }
        #expect(throws: DialBackRefusal.busy) { _ = try begin(&machine, request(.tcp)) }
        for _ in 0..<2 { _ = try begin(&machine, request(.tcp), for: IPAddress(literal: "11.22.34.1")) }
        #expect(throws: DialBackRefusal.busy) { _ = try begin(&machine, request(.tcp), for: IPAddress(literal: "11.22.34.1")) }
        machine.failed(first, .reset)
        _ = try begin(&machine, request(.tcp))
        #expect(machine.counters.refused[.busy] == 2)
    }
}

@Suite("What is asked of the dial-back")
struct DialBackRequestTests {
    private static let nonce = "000102030405060708090a0b"

    @Test("a request is read, in any order")
    func good() throws {
        let nonce = try #require(TransactionID(Self.nonce))
        #expect(
            DialBackRequest(query: "transport=tcp&port=3389&nonce=\(Self.nonce)")
                == DialBackRequest(transport: .tcp, port: 3389, nonce: nonce))
        #expect(
            DialBackRequest(query: "nonce=\(Self.nonce.uppercased())&via=3478&port=1&transport=udp")
                == DialBackRequest(transport: .udp, port: 1, nonce: nonce, via: 3478))
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "&", "=", "transport=tcp", "transport=tcp&port=3389", "transport=sctp&port=3389&nonce=\(nonce)",
            "transport=tcp&port=0&nonce=\(nonce)", "transport=tcp&port=65536&nonce=\(nonce)",
            "transport=tcp&port=+80&nonce=\(nonce)", "transport=tcp&port=-1&nonce=\(nonce)",
            "transport=tcp&port=&nonce=\(nonce)", "transport=tcp&port=3389&nonce=\(nonce)0",
            "transport=tcp&port=3389&nonce=00010203040506070809 a0b", "transport=tcp&port=3389&nonce=\(nonce)&host=192.0.2.1",
            "transport=tcp&transport=udp&port=3389&nonce=\(nonce)", "transport=tcp&port=3389&nonce=\(nonce)&via=3478",
            "transport=udp&port=3389&nonce=\(nonce)&via=0", "transport=tcp&port=3389&nonce=\(nonce)&",
            "transport=tcp&port=3389&nonce=" + String(repeating: "0", count: 10_000),
        ])
    func bad(query: String) {
        #expect(DialBackRequest(query: query) == nil)
    }
}
