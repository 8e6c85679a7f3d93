import NetPrimitives
import STUN
import TURN
import Testing

/// A client with an allocation that it takes along from socket to socket (RFC 8016). Every request is sent on one
/// socket and answered there.
struct Roamer {
    let server: TransportAddress
    private(set) var socket: TestSocket
    private(set) var ticket = MobilityTicket()
    private(set) var relayed: TransportAddress
    private var nonce = ""
    private var random = SystemRandomNumberGenerator()
    static let channel: UInt16 = 0x4000

    init(_ server: TransportAddress) throws {
        self.server = server
        socket = try TestSocket(connectedTo: server)
        relayed = server
        let answer = try ask(.allocate, [RequestedTransport(.udp), MobilityTicket()])
        relayed = try #require(answer[XORRelayedAddress.self]).address
        ticket = try #require(answer[MobilityTicket.self])
    }

    private var key: IntegrityKey { .longTerm(username: "alice", realm: "ra-relay", password: "secret") }

    /// Asks on the socket that it has now, with the nonce of a challenge when there is one; data that comes in between
    /// is not lost, but not looked for.
    mutating func ask(_ method: STUN.Method, _ attributes: [any Attribute]) throws -> Message {
        for _ in 0..<3 {
            var builder = MessageBuilder(.request, method, transactionID: TransactionID(using: &random))
            for attribute in attributes { builder.add(attribute) }
            builder.add(Username("alice"))
            builder.add(Realm("ra-relay"))
            builder.add(Nonce(nonce))
            socket.send(builder.finish(key: key))
            let answer = try Message(decoding: try #require(socket.receive()))
            guard let challenge = answer[Nonce.self] else {
                #expect(answer.messageClass == .successResponse, "\(method) \(String(describing: answer[ErrorCode.self]))")
                return answer
            }
            nonce = challenge.text
        }
        throw SocketClient.NoEvent()
    }

    mutating func bind(to peer: TransportAddress) throws {
        _ = try ask(.channelBind, [try #require(ChannelNumber(rawValue: Self.channel)), XORPeerAddress(peer)])
    }

    mutating func refresh(seconds: UInt32) throws { _ = try ask(.refresh, [Lifetime(seconds)]) }

    /// Goes on with another socket, and so another port; the kernel chooses the worker.
    ///
    /// - Returns: the former one.
    mutating func move() throws -> TestSocket {
        let former = socket
        socket = try TestSocket(connectedTo: server)
        let answer = try ask(.refresh, [ticket])
        ticket = try #require(answer[MobilityTicket.self])
        return former
    }

    func send(_ payload: [UInt8]) throws { socket.send(try Self.data(payload)) }

    static func data(_ payload: [UInt8]) throws -> [UInt8] {
        ChannelData(channel: try #require(ChannelNumber(rawValue: channel)), payload: payload[...]).encoded(padded: false)
    }
}
