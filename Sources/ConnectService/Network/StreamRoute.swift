import NIOCore
import NIOPosix

/// How a TCP connection to a relay is made.
enum StreamRoute: Hashable, Sendable {
    case direct
    case proxy(HTTPProxy)

    /// The direct one, and the one through a proxy if there is one for this relay: they are tried at once.
    static func all(_ rule: ProxyRule?, to relay: RelayEndpoint) -> [StreamRoute] {
        [.direct] + (rule?.proxy(for: relay.host, port: relay.port).map { [.proxy($0)] } ?? [])
    }

    /// Connects, and then builds the pipeline.
    ///
    /// - Parameters:
    ///   - host: a name or an address, without brackets. A proxy looks a name up itself.
    ///   - initialize: adds the handlers, which may find the channel active already.
    /// - Returns: the connected channel; fails with `ProxyFailure` when it is the proxy that makes trouble.
    func connect(
        to host: String, port: UInt16, timeout: TimeAmount, loop: any EventLoop,
        initialize: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        switch self {
        case .direct:
            let bootstrap = ClientBootstrap(group: loop)
                .connectTimeout(timeout)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try initialize(channel) } }
            if let address = try? SocketAddress(ipAddress: host, port: Int(port)) { return bootstrap.connect(to: address) }
            return bootstrap.connect(host: host, port: Int(port))
        case .proxy(let proxy):
            // Less than all the time: whoever asks can still be told that it was the proxy.
            let patience = TimeAmount.nanoseconds(timeout.nanoseconds / 4 * 3)
            return ProxyTunnel.open(through: proxy, to: host, port: port, timeout: patience, loop: loop)
                .flatMapThrowing { channel in
                    do { try initialize(channel) } catch {
                        channel.close(promise: nil)
                        throw error
                    }
                    return channel
                }
        }
    }
}

extension StreamRoute: CustomStringConvertible {
    var description: String {
        switch self {
        case .direct: "direct"
        case .proxy(let proxy): "proxy \(proxy)"
        }
    }
}
