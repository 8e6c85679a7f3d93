package import NIOCore
import NIOPosix
import NIOTransport
package import NetPrimitives
package import STUN

/// A TCP or UDP port of ours that waits for the relay's dial-back.
package struct CallListener: Sendable {
    private enum Port: Sendable {
        case tcp(any Channel)
        case udp(DatagramSocket)
    }

    package let transport: TransportProtocol
    package let local: TransportAddress
    private let port: Port
    private let calls: ExpectedCalls
    private let loop: any EventLoop

    /// Opens a port on `ip`; port 0 lets the system choose.
    ///
    /// - Parameter others: gets the datagrams that are nobody's call.
    /// - Throws: `IOError` when it is in use, or not this person's to open.
    package static func open(
        _ transport: TransportProtocol, on ip: IPAddress, port: UInt16 = 0, loop: any EventLoop,
        others: @escaping @Sendable ([UInt8], TransportAddress) -> Void = { _, _ in }
    ) async throws -> CallListener {
        let calls = ExpectedCalls()
        switch transport {
        case .udp:
            // The answer needs the socket, which is there before anybody is expected.
            let socket = try await DatagramSocket.open(on: ip, port: port, loop: loop) { bytes, source, _ in
                if !calls.receive(bytes, from: source) { others(bytes, source) }
            }
            calls.answer = { answer, destination in loop.execute { socket.send(answer, to: destination) } }
            return CallListener(transport: .udp, local: socket.local, port: .udp(socket), calls: calls, loop: loop)
        case .tcp:
            let channel = try await listen(on: TransportAddress(ip: ip, port: port), calls, loop)
            guard let local = channel.localAddress.flatMap(TransportAddress.init) else { throw ChannelError.unknownLocalAddress }
            return CallListener(transport: .tcp, local: local, port: .tcp(channel), calls: calls, loop: loop)
        }
    }

    /// Where the call with this nonce came from, once it has come; fails when the port is closed before.
    package func expect(_ nonce: TransactionID) -> EventLoopFuture<TransportAddress> {
        let promise = loop.makePromise(of: TransportAddress.self)
        calls.expect(nonce, promise)
        return promise.futureResult
    }

    /// UDP: sends a datagram from the port, to open a way through the router.
    package func send(_ bytes: [UInt8], to destination: TransportAddress) {
        guard case .udp(let socket) = port else { return }
        loop.execute { socket.send(bytes, to: destination) }
    }

    /// Those who still wait are told that nobody has come.
    package func close() {
        switch port {
        case .tcp(let channel): channel.close(promise: nil)
        case .udp(let socket): socket.close()
        }
        calls.close()
    }

    private static func listen(
        on address: TransportAddress, _ calls: ExpectedCalls, _ loop: any EventLoop
    ) async throws -> any Channel {
        try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 16)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let source = channel.remoteAddress.flatMap(TransportAddress.init) else {
                        throw ChannelError.unknownLocalAddress
                    }
                    try channel.pipeline.syncOperations.addHandler(CallReader { _ = calls.receive($0, from: source) })
                }
            }
            .bind(to: try SocketAddress(address)).get()
    }
}
