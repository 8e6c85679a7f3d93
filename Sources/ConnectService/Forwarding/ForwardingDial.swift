import Glibc
import NIOCore
import NIOPosix
import Session

/// How the sharer's computer connects to a place that the helper was lent.
enum ForwardingDial {
    /// For whoever sends the first packet again after one, three and seven seconds.
    private static let patience = TimeAmount.seconds(10)

    /// Finds out where the host is, and tries its addresses as RFC 8305 says.
    ///
    /// - Parameter done: called on the loop, with a connection of which nothing is read before that is asked for.
    static func connect(
        to destination: Destination, on loop: any EventLoop, done: @escaping (Result<any Channel, ForwardingFailure>) -> Void
    ) {
        ClientBootstrap(group: loop)
            .connectTimeout(patience)
            .channelInitializer { ForwardingSocket.options.applyAllChannelOptions(to: $0) }
            .connect(host: destination.host, port: Int(destination.port))
            .assumeIsolated()
            .whenComplete { result in done(result.mapError(ForwardingFailure.init)) }
    }
}

extension ForwardingFailure {
    init(_ error: any Error) {
        switch error {
        case let error as NIOConnectionError:
            let reasons = error.connectionErrors.map { ForwardingFailure($0.error) }
            // Of several addresses the one that says most: somebody was there and refused.
            let order: [ForwardingFailure] = [.refused, .timedOut, .unreachable]
            self = order.first(where: reasons.contains) ?? (reasons.isEmpty ? .unknownName : .other)
        case let error as IOError:
            switch error.errnoCode {
            case ECONNREFUSED, ECONNRESET: self = .refused
            case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EACCES, EPERM: self = .unreachable
            case ETIMEDOUT: self = .timedOut
            default: self = .other
            }
        case ChannelError.connectTimeout: self = .timedOut
        default: self = .other
        }
    }
}
