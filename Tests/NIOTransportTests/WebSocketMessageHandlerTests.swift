import NIOCore
import NIOEmbedded
import NIOTransport
import NIOWebSocket
import Testing

@Suite("WebSocketMessageHandler")
struct WebSocketMessageHandlerTests {
    static let limits = WebSocketLimits(maximumMessageBytes: 1000, maximumPendingBytes: 4096)

    /// A server's end, and what it says of frames.
    func server() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(WebSocketMessageHandler(side: .server, limits: Self.limits))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    func frame(_ opcode: WebSocketOpcode, _ text: String, fin: Bool = true, isMasked: Bool = true) -> WebSocketFrame {
        let key: WebSocketMaskingKey? = isMasked ? [1, 2, 3, 4] : nil
        var data = ByteBuffer(string: text)
        if let key { data.webSocketMask(key) }
        return WebSocketFrame(fin: fin, opcode: opcode, maskKey: key, data: data)
    }

    func closeCode(_ channel: EmbeddedChannel) throws -> WebSocketErrorCode? {
        while let sent = try channel.readOutbound(as: WebSocketFrame.self) {
            guard sent.opcode == .connectionClose else { continue }
            var data = sent.unmaskedData
            return data.readWebSocketErrorCode()
        }
        return nil
    }

    @Test("a message in one frame, and one in several, arrives whole")
    func whole() throws {
        let channel = try server()
        try channel.writeInbound(frame(.text, "one"))
        try channel.writeInbound(frame(.text, "t", fin: false))
        try channel.writeInbound(frame(.ping, "between"))
        try channel.writeInbound(frame(.continuation, "w", fin: false))
        try channel.writeInbound(frame(.continuation, "o"))
        #expect(try channel.readInbound(as: WebSocketMessage.self) == .text(Array("one".utf8)))
        #expect(try channel.readInbound(as: WebSocketMessage.self) == .text(Array("two".utf8)))
        let pong = try channel.readOutbound(as: WebSocketFrame.self)
        #expect(pong?.opcode == .pong)
        #expect(pong.map { String(buffer: $0.unmaskedData) } == "between")
    }

    @Test("what breaks RFC 6455 closes the connection with 1002", arguments: [0, 1, 2])
    func protocolErrors(which: Int) throws {
        let channel = try server()
        switch which {
        case 0: try channel.writeInbound(frame(.text, "unmasked", isMasked: false))
        case 1: try channel.writeInbound(frame(.continuation, "of nothing"))
        default:
            try channel.writeInbound(frame(.text, "a", fin: false))
            try channel.writeInbound(frame(.text, "b"))
        }
        #expect(try closeCode(channel) == .protocolError)
        #expect(try channel.readInbound(as: WebSocketMessage.self) == nil)
        #expect(!channel.isActive)
    }

    @Test("a message beyond its bound closes the connection with 1009, in one frame or in many")
    func tooLarge() throws {
        let once = try server()
        try once.writeInbound(frame(.binary, String(repeating: "x", count: 1001)))
        #expect(try closeCode(once) == .messageTooLarge)
        let many = try server()
        try many.writeInbound(frame(.binary, "", fin: false))
        for _ in 0..<11 where many.isActive {
            try many.writeInbound(frame(.continuation, String(repeating: "x", count: 100), fin: false))
        }
        #expect(try closeCode(many) == .messageTooLarge)
    }

    @Test("a client masks what it sends, a server does not")
    func masks() throws {
        for side in [WebSocketMessageHandler.Side.client, .server] {
            let channel = EmbeddedChannel()
            try channel.pipeline.syncOperations.addHandler(WebSocketMessageHandler(side: side, limits: Self.limits))
            try channel.writeOutbound(WebSocketMessage.text(Array("hello".utf8)))
            let sent = try #require(try channel.readOutbound(as: WebSocketFrame.self))
            #expect((sent.maskKey != nil) == (side == .client))
        }
    }

    @Test("a silent connection is pinged, then closed")
    func silence() throws {
        let channel = try server()
        let listener = SilenceListener()
        try channel.pipeline.syncOperations.addHandler(listener)
        channel.embeddedEventLoop.advanceTime(by: .seconds(20))
        #expect(try channel.readOutbound(as: WebSocketFrame.self)?.opcode == .ping)
        try channel.writeInbound(frame(.pong, ""))
        channel.embeddedEventLoop.advanceTime(by: .seconds(50))
        #expect(channel.isActive && !listener.hasHeard)
        channel.embeddedEventLoop.advanceTime(by: .seconds(20))
        #expect(!channel.isActive && listener.hasHeard)
    }
}

private final class SilenceListener: ChannelInboundHandler {
    typealias InboundIn = WebSocketMessage
    var hasHeard = false

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        hasHeard = hasHeard || event is WebSocketSilence
    }
}
