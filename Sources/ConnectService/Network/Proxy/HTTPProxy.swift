import Foundation
import Rendezvous

/// An HTTP proxy that connects us to other hosts (CONNECT, RFC 9110 §9.3.6).
public struct HTTPProxy: Hashable, Sendable {
    /// For the Basic scheme (RFC 7617).
    struct Credentials: Hashable, Sendable {
        var name: String
        var password: Secret

        /// The value of `Proxy-Authorization`: as secret as the password.
        var exposedBasicValue: String {
            "Basic " + Data(Array("\(name):".utf8) + password.exposed).base64EncodedString()
        }

        /// The name alone, which says enough to be told apart by.
        func hash(into hasher: inout Hasher) { hasher.combine(name) }
    }

    /// Where it listens, and whether it is spoken to over TLS.
    let endpoint: RelayEndpoint
    let credentials: Credentials?

    /// Reads `http://NAME:PASSWORD@HOST:PORT`: without a scheme it is `http`, without a port 80 or 443. Name and password may
    /// be percent-encoded (RFC 3986 §3.2.1), and have to where they hold a `%`. nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 1024 else { return nil }
        var scheme = "http"
        var rest = Substring(text)
        if let separator = rest.firstRange(of: "://") {
            scheme = rest[..<separator.lowerBound].lowercased()
            rest = rest[separator.upperBound...]
        }
        var credentials: Credentials?
        // The last one: a password that was not encoded may hold another.
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts[0].removingPercentEncoding, !name.isEmpty, !name.contains(":"),
                let password = (parts.count == 2 ? parts[1] : "").removingPercentEncoding
            else { return nil }
            credentials = Credentials(name: name, password: Secret(password.utf8))
            rest = rest[rest.index(after: at)...]
        }
        guard let url = RelayURL("\(scheme)://\(rest)") else { return nil }
        endpoint = url.endpoint
        self.credentials = credentials
    }

    private init(endpoint: RelayEndpoint) {
        self.endpoint = endpoint
        credentials = nil
    }

    /// The same, asked as somebody whom it does not know.
    var withoutCredentials: HTTPProxy { HTTPProxy(endpoint: endpoint) }
}

extension HTTPProxy: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Host and port: the name and the password are nobody's business.
    public var description: String { endpoint.authority }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
