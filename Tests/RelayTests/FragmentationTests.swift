import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

@Suite("DONT-FRAGMENT and ICMP")
struct FragmentationTests {
    /// Who sends, to whom, and whether DONT-FRAGMENT has an effect: RFC 8656 §13 has a UDP relay that translates
    /// ignore it.
    static let ways: [(client: String, transport: TransportProtocol, peer: String, isHonoured: Bool)] = [
        ("8.8.4.4:40000", .udp, "1.1.1.1:9", true), ("8.8.4.4:40000", .udp, "[2600::1]:9", false),
        ("[2600::2]:40000", .udp, "1.1.1.1:9", false), ("[2600::2]:40000", .udp, "[2600::1]:9", false),
        ("8.8.4.4:40000", .tcp, "1.1.1.1:9", true), ("8.8.4.4:40000", .tcp, "[2600::1]:9", true),
        ("[2600::2]:40000", .tcp, "[2600::1]:9", true),
    ]

    @Test("DONT-FRAGMENT holds for its own datagram", arguments: ways.indices)
    func dontFragment(index: Int) throws {
        let (source, transport, destination, isHonoured) = Self.ways[index]
        let peer = TransportAddress(literal: destination)
        var machine = makeMachine()
        var client = HandClient(source, transport: transport)
        let answer = try client.allocate(&machine, [RequestedAddressFamily(peer.family)])
        let port = RelayedPort(rawValue: Int(try #require(answer[XORRelayedAddress.self]).address.port))
        #expect(try client.permit([peer], &machine) == nil)
        let marked = client.exchange(client.sendIndication([1], to: peer, [DontFragment()]), &machine)
        #expect(marked == [isHonoured ? .toPeerUnfragmented(port, peer, [1]) : .toPeer(port, peer, [1])])
        #expect(client.exchange(client.sendIndication([1], to: peer), &machine) == [.toPeer(port, peer, [1])])
    }

    static let errors: [(peer: String, type: UInt8, code: UInt8, mtu: UInt32, isRelayed: Bool, value: String)] = [
        ("1.1.1.1:9", 3, 3, 0, true, "0000030300000000"), ("1.1.1.1:9", 3, 4, 1400, true, "0000030400000578"),
        ("1.1.1.1:9", 3, 1, 1400, true, "0000030100000000"), ("1.1.1.1:0", 11, 0, 0, true, "00000b0000000000"),
        ("1.1.1.1:9", 5, 0, 0, false, ""), ("1.1.1.1:9", 8, 0, 0, false, ""), ("1.1.1.1:9", 12, 0, 0, false, ""),
        ("1.1.1.1:9", 2, 0, 1280, false, ""), ("[2600::1]:9", 1, 4, 0, true, "0000010400000000"),
        ("[2600::1]:9", 2, 0, 1280, true, "0000020000000500"), ("[2600::1]:9", 3, 0, 0, true, "0000030000000000"),
        ("[2600::1]:9", 4, 0, 0, false, ""), ("[2600::1]:9", 128, 0, 0, false, ""),
    ]

    @Test("what became of a datagram is told to the client, where a permission exists", arguments: errors.indices)
    func icmp(index: Int) throws {
        let (text, type, code, mtu, isRelayed, value) = Self.errors[index]
        let peer = TransportAddress(literal: text)
        let error = ICMP(type: type, code: code, mtu: mtu, family: peer.family)
        var machine = makeMachine()
        var client = HandClient()
        let answer = try client.allocate(&machine, [RequestedAddressFamily(peer.family)])
        let port = RelayedPort(rawValue: Int(try #require(answer[XORRelayedAddress.self]).address.port))
        machine.receiveICMP(error, about: peer, on: port, at: .zero)
        #expect(drain(&machine).isEmpty, "there is no permission")
        #expect(try client.permit([peer], &machine) == nil)
        machine.receiveICMP(error, about: peer, on: RelayedPort(rawValue: 1), at: .zero)
        #expect(drain(&machine).isEmpty, "nobody has the port")
        machine.receiveICMP(error, about: peer, on: port, at: .zero)
        let outputs = drain(&machine)
        guard isRelayed else { return #expect(outputs.isEmpty) }
        guard case .toClient(client.fiveTuple, let bytes) = try #require(outputs.first) else { throw HandClient.NoAnswer() }
        let message = try Message(decoding: bytes)
        #expect(message.method == .data && message.messageClass == .indication)
        #expect(message[XORPeerAddress.self]?.address == peer && message[ICMP.self] == error)
        #expect(!message.contains(.data))
        let raw = try #require(message.raw(.icmp))
        #expect(raw.value.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() == value)
        machine.receiveICMP(error, about: peer, on: port, at: .at(300))
        #expect(drain(&machine).isEmpty, "the permission is over")
    }
}
