import ConnectService
import Glibc
import NIOCore
import NIOPosix
import NIOTransport
import NetPrimitives
import STUN

/// What a TCP port on loopback does with whoever connects.
enum TCPBehaviour: Sendable {
    /// Answers Binding requests, and GET requests with a body when there is one; dials back when it is asked to.
    case relay(description: String?)
    /// Says this as soon as something arrives.
    case says(String)
    /// Reads, and says nothing.
    case swallows
    /// Accepts, then resets the connection when something arrives.
    case resets
    /// Answers with somebody else's transaction.
    case wrongTransaction
}

/// A server on 127.0.0.1, closed with `close()`.
struct FakeServer: Sendable {
    let address: TransportAddress
    private let channels: [any Channel]

    static let loop = MultiThreadedEventLoopGroup.singleton.next()

    static func tcp(_ behaviour: TCPBehaviour, port: UInt16 = 0) async throws -> FakeServer {
        let channel = try await ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(TCPHandler(behaviour))
                }
            }
            .bind(to: SocketAddress(TransportAddress(ip: .loopbackV4, port: port))).get()
        return try FakeServer(channels: [channel])
    }

    /// Sends what `reply` makes of a datagram; nil: nothing.
    static func udp(
        ip: IPAddress = .loopbackV4, port: UInt16 = 0,
        answering reply: @escaping @Sendable (_ request: [UInt8], _ asker: TransportAddress) -> [UInt8]?
    ) async throws -> FakeServer {
        let channel = try await DatagramBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(UDPHandler(reply))
                }
            }
            .bind(to: SocketAddress(TransportAddress(ip: ip, port: port))).get()
        return try FakeServer(channels: [channel])
    }

    /// A relay on one port over both transports, whose description names that port and `others`.
    static func relay(others: [UInt16] = [], dialsBack: Bool = false) async throws -> FakeServer {
        // A port that is free over UDP may be taken over TCP.
        for _ in 0..<8 {
            if let relay = try? await relayOnce(others: others, dialsBack) { return relay }
        }
        return try await relayOnce(others: others, dialsBack)
    }

    private static func relayOnce(others: [UInt16], _ dialsBack: Bool) async throws -> FakeServer {
        let udp = try await udp { bindingAnswer(to: $0, reflexive: $1) }
        let port = udp.address.port
        let ports = ([port] + others).map { "\($0)" }.joined(separator: ",")
        let description = """
            {"version":1,"name":"fake","realm":"fake","rendezvous":"ws://127.0.0.1:\(port)/rendezvous","web":null,\
            "stun":["stun:127.0.0.1:\(port)"],"turn":[],"probe":{"ports":[\(ports)]\(dialsBack ? ",\"dial_back\":\"/dial-back\"" : "")}}
            """
        do {
            let tcp = try await tcp(.relay(description: description), port: port)
            return try FakeServer(channels: udp.channels + tcp.channels)
        } catch {
            await udp.close()
            throw error
        }
    }

    /// A port that was free a moment ago.
    static func closedPort() async throws -> TransportAddress {
        let server = try await tcp(.swallows)
        await server.close()
        return server.address
    }

    func close() async {
        for channel in channels { try? await channel.close() }
    }

    private init(channels: [any Channel]) throws {
        guard let address = channels.first?.localAddress.flatMap(TransportAddress.init) else {
            throw ChannelError.unknownLocalAddress
        }
        self.address = address
        self.channels = channels
    }
}

/// The success response to a Binding request; nil to anything else.
func bindingAnswer(to request: [UInt8], reflexive: TransportAddress) -> [UInt8]? {
    guard let message = try? Message(decoding: request), message.messageClass == .request, message.method == .binding,
        message.contains(.fingerprint)
    else { return nil }
    var builder = MessageBuilder(.successResponse, .binding, transactionID: message.transactionID)
    builder.add(XORMappedAddress(reflexive))
    return builder.finish(fingerprint: true)
}

/// The refusal of a Binding request.
func refusal(of request: [UInt8]) -> [UInt8]? {
    guard let message = try? Message(decoding: request), message.messageClass == .request else { return nil }
    var builder = MessageBuilder(.errorResponse, .binding, transactionID: message.transactionID)
    builder.add(ErrorCode.badRequest)
    return builder.finish(fingerprint: true)
}

extension ProbePatience {
    /// As long as a machine with other work may take for what does come.
    static var generous: ProbePatience {
        var patience = ProbePatience()
        for limit in [\ProbePatience.port, \.answer, \.stray, \.hairpin, \.description, \.dial, \.router, \.page] {
            patience[keyPath: limit] = .seconds(40)
        }
        return patience
    }
}

private final class TCPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let behaviour: TCPBehaviour

    init(_ behaviour: TCPBehaviour) { self.behaviour = behaviour }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        guard let asker = context.remoteAddress.flatMap(TransportAddress.init) else { return }
        switch behaviour {
        case .relay(let description):
            if let answer = bindingAnswer(to: bytes, reflexive: asker) {
                say(answer, context)
            } else if let description, bytes.starts(with: "GET ".utf8) {
                say(Array("HTTP/1.1 200 OK\r\nContent-Length: \(description.utf8.count)\r\n\r\n\(description)".utf8), context)
            } else if bytes.starts(with: "POST ".utf8) {
                dialBack(String(decoding: bytes, as: UTF8.self), asker.ip)
                let answer = #"{"address":"\#(asker.ip)","result":"open"}"#
                say(Array("HTTP/1.1 200 OK\r\nContent-Length: \(answer.utf8.count)\r\n\r\n\(answer)".utf8), context)
            }
        case .says(let text): say(Array(text.utf8), context)
        case .swallows: break
        case .resets:
            // Closing with no time to linger sends RST (socket(7), SO_LINGER).
            _ = (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            context.close(promise: nil)
        case .wrongTransaction:
            var random = SystemRandomNumberGenerator()
            var builder = MessageBuilder(.successResponse, .binding, transactionID: TransactionID(using: &random))
            builder.add(XORMappedAddress(asker))
            say(builder.finish(), context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Calls the port that a request for `/dial-back?transport=…&port=…&nonce=…` names.
    private func dialBack(_ request: String, _ asker: IPAddress) {
        let line = request.split(separator: " ").dropFirst().first ?? ""
        let query = line.split(separator: "?").last ?? ""
        let fields = Dictionary(
            query.split(separator: "&").map { field in
                let parts = field.split(separator: "=")
                return (parts.first ?? "", String(parts.last ?? ""))
            }, uniquingKeysWith: { first, _ in first })
        guard let port = fields["port"].flatMap({ UInt16($0) }), let nonce = fields["nonce"].flatMap({ TransactionID($0) })
        else { return }
        let call = MessageBuilder(.request, .binding, transactionID: nonce).finish(fingerprint: true)
        let target = TransportAddress(ip: asker, port: port)
        let isTCP = fields["transport"] == "tcp"
        Task {
            if isTCP {
                let channel = try await ClientBootstrap(group: FakeServer.loop).connect(to: SocketAddress(target)).get()
                try await channel.writeAndFlush(ByteBuffer(bytes: call))
                try await channel.close()
            } else {
                let channel = try await DatagramBootstrap(group: FakeServer.loop)
                    .bind(to: SocketAddress(TransportAddress(ip: .loopbackV4, port: 0))).get()
                try await channel.writeAndFlush(
                    AddressedEnvelope(remoteAddress: try SocketAddress(target), data: ByteBuffer(bytes: call)))
                try await channel.close()
            }
        }
    }

    private func say(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
    }
}

private final class UDPHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let reply: @Sendable ([UInt8], TransportAddress) -> [UInt8]?

    init(_ reply: @escaping @Sendable ([UInt8], TransportAddress) -> [UInt8]?) { self.reply = reply }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let asker = TransportAddress(envelope.remoteAddress),
            let answer = reply(Array(envelope.data.readableBytesView), asker)
        else { return }
        context.writeAndFlush(
            NIOAny(AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: answer))), promise: nil)
    }
}
