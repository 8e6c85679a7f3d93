import Glibc
import NIOCore
import NIOPosix
import NIOTransport
import NetPrimitives

/// A port of this computer, for its own programs alone, that leads to a place at the other one: on 127.0.0.1 and, where there is
/// IPv6, on ::1. Confined to its event loop.
final class ForwardingListener {
    private let channels: [any Channel]

    /// Connections that the system has accepted and we have not looked at.
    private static let backlog: Int32 = 64

    private init(_ channels: [any Channel]) { self.channels = channels }

    /// - Parameter arrival: called on the loop with a connection of which nothing is read before that is asked for; false sends
    ///   it away.
    static func open(
        port: UInt16, loop: any EventLoop, arrival: @escaping @Sendable (any Channel) -> Bool
    ) async throws(ForwardingPortError) -> ForwardingListener {
        var channels: [any Channel] = []
        do {
            for ip in [IPAddress.v4(0x7F00_0001), IPAddress("::1")].compactMap({ $0 }) {
                do {
                    channels.append(try await listen(on: TransportAddress(ip: ip, port: port), loop: loop, arrival: arrival))
                } catch let error as IOError where ip.family == .ipv6 && [EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.errnoCode) {
                    continue  // there is no IPv6 here
                }
            }
            return ForwardingListener(channels)
        } catch {
            for channel in channels { channel.close(promise: nil) }
            throw ForwardingPortError(port: port, error)
        }
    }

    private static func listen(
        on address: TransportAddress, loop: any EventLoop, arrival: @escaping @Sendable (any Channel) -> Bool
    ) async throws -> any Channel {
        try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: backlog)
            // A session may have ended here a moment ago.
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                ForwardingSocket.options.applyAllChannelOptions(to: channel).flatMapThrowing {
                    guard arrival(channel) else { throw ChannelError.inappropriateOperationForState }
                }
            }
            .bind(to: SocketAddress(address)).get()
    }

    func close() { for channel in channels { channel.close(promise: nil) } }
}

/// Why a port of this computer cannot lead anywhere.
public struct ForwardingPortError: Error, Hashable, Sendable, CustomStringConvertible {
    let port: UInt16
    private let reason: String
    private let code: Int32

    init(port: UInt16, _ error: any Error) {
        self.port = port
        code = (error as? IOError)?.errnoCode ?? 0
        reason = "\(error)"
    }

    /// Says what to do.
    public var description: String {
        switch code {
        case EADDRINUSE:
            "Port \(port) is in use on this computer: end the program that listens there, or name another one, as in “--tcp \(port < 65_535 ? port + 1 : port - 1)=HOST:PORT”."
        case EACCES, EPERM:
            "This account may not listen on port \(port): name one from 1024 on, as in “--tcp \(8000 + UInt32(port))=HOST:PORT”."
        default: "Port \(port) of this computer cannot be listened on: \(reason)"
        }
    }
}
