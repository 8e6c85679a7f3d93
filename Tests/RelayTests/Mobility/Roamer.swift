import NetPrimitives
import Relay
import STUN
import TURN
import TestSupport
import Testing

/// A client that asked for a ticket, with a channel to a peer; it moves by getting another five-tuple.
struct Roamer {
    static let peer = TransportAddress(literal: "8.8.8.8:9000")
    static let channel: UInt16 = 0x4001

    var client: HandClient
    var ticket: MobilityTicket
    let relayed: TransportAddress
    let id: MobileID
    var port: RelayedPort { RelayedPort(rawValue: Int(relayed.port)) }

    init(_ machine: inout Machine, transport: TransportProtocol = .udp, _ more: [any Attribute] = []) throws {
        client = HandClient(transport: transport)
        let answer = try client.allocate(&machine, [MobilityTicket()] + more)
        ticket = try #require(answer[MobilityTicket.self])
        id = try #require(machine.host.homes.keys.first)
        relayed = try #require(answer[XORRelayedAddress.self]).address
        #expect(try client.bind(Self.channel, Self.peer, &machine) == nil)
    }

    /// Where it was, and where it is now.
    mutating func move(
        to address: String, transport: TransportProtocol = .udp, _ machine: inout Machine, at now: Instant = .zero
    ) throws {
        client.fiveTuple = HandClient(address, transport: transport).fiveTuple
        try client.learnNonce(&machine, at: now)
    }

    mutating func refresh(_ more: [any Attribute] = []) -> [UInt8] { client.request(.refresh, [ticket] + more) }

    /// The ticket of a success.
    func newTicket(_ answer: Message) throws -> MobilityTicket {
        #expect(throws: Never.self) { try answer.authenticated(with: client.key) }
        #expect(answer.messageClass == .successResponse, "\(String(describing: answer[ErrorCode.self]))")
        return try #require(answer[MobilityTicket.self])
    }

    func data(_ payload: [UInt8]) throws -> [UInt8] {
        ChannelData(channel: try #require(ChannelNumber(rawValue: Self.channel)), payload: payload[...])
            .encoded(padded: client.fiveTuple.transport == .tcp)
    }

    /// Who gets what the peer sends.
    func reached(_ machine: inout Machine, at now: Instant = .zero) throws -> FiveTuple? {
        machine.receiveFromPeer([1], from: Self.peer, on: port, at: now)
        guard case .toClient(let fiveTuple, _)? = drain(&machine).first else { return nil }
        return fiveTuple
    }
}

func answer(_ outputs: [RelayOutput]) throws -> Message {
    for case .toClient(_, let bytes) in outputs { return try Message(decoding: bytes) }
    throw HandClient.NoAnswer()
}
