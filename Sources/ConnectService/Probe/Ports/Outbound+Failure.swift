import Glibc
import NIOCore
import NetPrimitives

extension Outbound {
    /// Reads what the system says about a connection or a datagram that failed.
    package init(failure: any Error, patience: Duration) {
        if let error = failure as? IOError {
            self.init(errno: error.errnoCode, patience: patience)
        } else if case .connectTimeout? = failure as? ChannelError {
            self = .silence(patience)
        } else {
            self = .unanswered(why: "This machine could not try it: \(failure).")
        }
    }

    /// - Parameter errno: of connect(2), send(2) or recv(2).
    package init(errno number: Int32, patience: Duration) {
        switch number {
        case ECONNREFUSED:
            // TCP: a reset; UDP: ICMP port unreachable (RFC 1122 §4.1.3.3).
            self = .blocked(why: "It was refused: by the relay's host, or by a firewall that answers in its name.")
        case ECONNRESET, EPIPE:
            self = .blocked(why: "The connection was reset.")
        case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, ENONET, EPROTO, ENOPROTOOPT:
            self = .blocked(why: "The network says that there is no way to the relay's host.")
        case EACCES, EPERM:
            self = .blocked(why: "This machine's own firewall forbids it.")
        case ETIMEDOUT:
            self = .silence(patience)
        default:
            self = .unanswered(why: "This machine could not try it: \(String(cString: strerror(number))).")
        }
    }

    package static func silence(_ patience: Duration) -> Outbound {
        let tenths = (patience.milliseconds + 50) / 100
        let seconds = tenths.isMultiple(of: 10) ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
        return .unanswered(why: "Nothing came back within \(seconds) s.")
    }
}
