/// Somebody who answers in the relay's place, told by the first bytes that came.
package enum Stranger: Hashable, Sendable {
    case http
    case tls
    /// STUN, but not to our transaction.
    case stun
    case unknown

    package init(firstBytes bytes: some Collection<UInt8>) {
        if bytes.starts(with: "HTTP".utf8) {
            self = .http
        } else if bytes.count >= 2, (0x14...0x17).contains(bytes[bytes.startIndex]),
            bytes[bytes.index(after: bytes.startIndex)] == 0x03
        {
            self = .tls  // a record of TLS 1.x: its type, then version 3.x (RFC 8446 §5.1)
        } else {
            self = .unknown
        }
    }

    package var sentence: String {
        switch self {
        case .http: "A web server or proxy answers there, not the relay."
        case .tls: "Something that speaks TLS answers there, not the relay."
        case .stun: "Another STUN server answers there, not to our question."
        case .unknown: "Something else answers there, not the relay."
        }
    }
}
