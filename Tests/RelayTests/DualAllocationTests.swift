import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

@Suite("Dual allocations")
struct DualAllocationTests {
    let peer4 = TransportAddress(literal: "1.1.1.1:9000")
    let peer6 = TransportAddress(literal: "[2600::1]:9000")
    var machine = makeMachine()
    var client = HandClient()

    /// The ports of the two addresses, IPv4 first.
    @discardableResult
    private mutating func allocate(_ more: [any Attribute] = []) throws -> (RelayedPort, RelayedPort) {
        let answer = try client.allocate(&machine, [AdditionalAddressFamily(.ipv6)] + more)
        let relayed = try relayedAddresses(answer)
        try #require(relayed.map(\.ip) == [FakeHost.ipv4, FakeHost.ipv6])
        #expect(!answer.contains(.addressErrorCode))
        return (RelayedPort(rawValue: Int(relayed[0].port)), RelayedPort(rawValue: Int(relayed[1].port)))
    }

    private func relayedAddresses(_ answer: Message) throws -> [TransportAddress] {
        try answer.attributes.filter { $0.type == .xorRelayedAddress }.map {
            try XORRelayedAddress(decoding: $0.value, in: answer.transactionID).address
        }
    }

    private mutating func fromPeer(_ peer: TransportAddress, _ port: RelayedPort, at now: Instant = .zero) -> [RelayOutput] {
        machine.receiveFromPeer([7], from: peer, on: port, at: now)
        return drain(&machine)
    }

    @Test("each peer is reached from the address of its family, by Send and by channel, and reaches it there")
    mutating func bothWays() throws {
        let (port4, port6) = try allocate()
        #expect(machine.allocationCount == 1 && machine.host.open.count == 2 && machine.host.quotas.total == 2)
        #expect(try client.permit([peer4, peer6], &machine) == nil)
        #expect(client.exchange(client.sendIndication([1], to: peer4), &machine) == [.toPeer(port4, peer4, [1])])
        #expect(client.exchange(client.sendIndication([2], to: peer6), &machine) == [.toPeer(port6, peer6, [2])])
        #expect(try client.bind(0x4000, peer4, &machine) == nil)
        #expect(try client.bind(0x4001, peer6, &machine) == nil)
        #expect(client.exchange([0x40, 0, 0, 1, 3], &machine) == [.toPeer(port4, peer4, [3])])
        #expect(client.exchange([0x40, 1, 0, 1, 4], &machine) == [.toPeer(port6, peer6, [4])])
        #expect(fromPeer(peer4, port4) == [.toClient(client.fiveTuple, [0x40, 0, 0, 1, 7])])
        #expect(fromPeer(peer6, port6) == [.toClient(client.fiveTuple, [0x40, 1, 0, 1, 7])])
    }

    @Test("a retransmitted Allocate describes both again")
    mutating func retransmission() throws {
        try client.learnNonce(&machine)
        let request = client.request(.allocate, [RequestedTransport(.udp), AdditionalAddressFamily(.ipv6)])
        let first = try relayedAddresses(client.ask(request, &machine))
        #expect(try relayedAddresses(client.ask(request, &machine, at: .at(1))) == first)
        #expect(first.count == 2 && machine.host.open.count == 2)
    }

    @Test("both ports are even when that is asked for")
    mutating func even() throws {
        let (port4, port6) = try allocate([EvenPort(reservesNext: false)])
        #expect(port4.rawValue.isMultiple(of: 2) && port6.rawValue.isMultiple(of: 2))
    }

    static let partial: [(without: IPAddress.Family, error: PortError, code: ErrorCode)] = [
        (.ipv6, .familyNotSupported, .addressFamilyNotSupported), (.ipv6, .insufficientCapacity, .insufficientCapacity),
        (.ipv4, .familyNotSupported, .addressFamilyNotSupported), (.ipv4, .insufficientCapacity, .insufficientCapacity),
    ]

    @Test("one address is a success that says why the other is not there", arguments: partial.indices)
    mutating func onlyOne(index: Int) throws {
        let (missing, error, code) = Self.partial[index]
        machine.host.failures[missing] = error
        try client.learnNonce(&machine)
        let request = client.request(.allocate, [RequestedTransport(.udp), AdditionalAddressFamily(.ipv6)])
        for _ in 0..<2 {  // the second is a retransmission
            let answer = try client.ask(request, &machine)
            #expect(try relayedAddresses(answer).map(\.family) == [missing == .ipv4 ? .ipv6 : .ipv4])
            #expect(answer[AddressErrorCode.self] == AddressErrorCode(missing, code))
        }
        #expect(machine.host.open.count == 1 && machine.host.quotas.total == 1)
        let (there, absent) = missing == .ipv4 ? (peer6, peer4) : (peer4, peer6)
        #expect(try client.permit([there], &machine) == nil)
        #expect(try client.permit([absent], &machine) == 443)
        #expect(try client.permit([there, absent], &machine) == 443)
        #expect(try client.bind(0x4000, absent, &machine) == 443)
        #expect(try client.code(.refresh, [RequestedAddressFamily(missing)], &machine) == 443)
    }

    @Test("without either it is an error, and nothing is charged", arguments: [PortError.familyNotSupported, .insufficientCapacity])
    mutating func neither(error: PortError) throws {
        machine.host.failures = [.ipv4: error, .ipv6: .familyNotSupported]
        try client.learnNonce(&machine)
        let wish: [any Attribute] = [RequestedTransport(.udp), AdditionalAddressFamily(.ipv6)]
        #expect(try client.code(.allocate, wish, &machine) == (error == .familyNotSupported ? 440 : 508))
        #expect(machine.allocationCount == 0 && machine.host.open.isEmpty && machine.host.quotas.total == 0)
    }

    @Test("a quota that has room for one gives one, with 508 for the other")
    mutating func quota() throws {
        machine.host.quotas = QuotaLedger(limits: .init(perUser: 1))
        let answer = try client.allocate(&machine, [AdditionalAddressFamily(.ipv6)])
        #expect(try relayedAddresses(answer).map(\.ip) == [FakeHost.ipv4])
        #expect(answer[AddressErrorCode.self] == AddressErrorCode(.ipv6, .insufficientCapacity))
    }

    @Test("deleting one family ends its permissions and channels, and leaves the other's", arguments: [IPAddress.Family.ipv4, .ipv6])
    mutating func deleteOne(family: IPAddress.Family) throws {
        let (port4, port6) = try allocate()
        #expect(try client.bind(0x4000, peer4, &machine) == nil)
        #expect(try client.bind(0x4001, peer6, &machine) == nil)
        let answer = try client.ask(client.request(.refresh, [RequestedAddressFamily(family), Lifetime(0)]), &machine)
        #expect(answer[Lifetime.self]?.value == 0)
        #expect(machine.allocationCount == 1 && machine.host.open.count == 1 && machine.host.quotas.total == 1)
        #expect(try #require(machine.tableSizes(of: client.fiveTuple, at: .zero)) == (1, 1))
        let isIPv4 = family == .ipv4
        #expect(client.exchange([0x40, 0, 0, 1, 3], &machine) == (isIPv4 ? [] : [.toPeer(port4, peer4, [3])]))
        #expect(client.exchange([0x40, 1, 0, 1, 3], &machine) == (isIPv4 ? [.toPeer(port6, peer6, [3])] : []))
        #expect(fromPeer(peer4, port4).isEmpty == isIPv4 && fromPeer(peer6, port6).isEmpty == !isIPv4)
        #expect(try client.permit([isIPv4 ? peer4 : peer6], &machine) == 443)
        #expect(try client.code(.refresh, [RequestedAddressFamily(family), Lifetime(0)], &machine) == 443)
        #expect(try client.code(.refresh, [Lifetime(0)], &machine) == nil)
        #expect(machine.allocationCount == 0 && machine.host.open.isEmpty && machine.host.quotas.total == 0)
    }

    @Test("a family that is not refreshed ends alone; a Refresh without a family is for both")
    mutating func refreshOne() throws {
        let (port4, port6) = try allocate()
        #expect(try client.code(.refresh, [RequestedAddressFamily(.ipv6), Lifetime(1200)], &machine) == nil)
        #expect(try client.permit([peer4, peer6], &machine, at: .at(500)) == nil)
        #expect(fromPeer(peer4, port4, at: .at(599)).count == 1)
        #expect(fromPeer(peer4, port4, at: .at(600)).isEmpty, "over, though not swept out yet")
        #expect(try client.permit([peer4], &machine, at: .at(600)) == 443)
        #expect(try client.code(.refresh, [RequestedAddressFamily(.ipv4)], &machine, at: .at(600)) == 443)
        #expect(machine.nextDeadline == .at(600))
        machine.handleTimeout(at: .at(600))
        #expect(machine.allocationCount == 1 && Array(machine.host.open.keys) == [port6] && machine.host.quotas.total == 1)
        #expect(fromPeer(peer6, port6, at: .at(601)).count == 1)
        machine.handleTimeout(at: .at(1200))
        #expect(machine.allocationCount == 0 && machine.host.open.isEmpty && machine.host.quotas.total == 0)
        var other = HandClient("8.8.4.4:2")
        try other.allocate(&machine, at: .at(2000), [AdditionalAddressFamily(.ipv6)])
        #expect(try other.code(.refresh, [Lifetime(1000)], &machine, at: .at(2100)) == nil)
        machine.handleTimeout(at: .at(3099))
        #expect(machine.host.open.count == 2)
        machine.handleTimeout(at: .at(3100))
        #expect(machine.host.open.isEmpty)
    }

    @Test("a stream's two addresses end with it")
    mutating func stream() throws {
        client = HandClient(transport: .tcp)
        try allocate()
        machine.connectionClosed(client.fiveTuple)
        #expect(machine.allocationCount == 0 && machine.host.open.isEmpty && machine.host.quotas.total == 0)
    }

    @Test("an unknown family in Refresh is 443, a malformed one 400")
    mutating func wrongFamily() throws {
        try allocate()
        #expect(try client.code(.refresh, [RequestedAddressFamily(number: 3)], &machine) == 443)
        #expect(try client.code(.refresh, [WrongSize<RequestedAddressFamily>()], &machine) == 400)
    }
}
