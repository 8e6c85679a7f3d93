/// The one thing a client needs to know of a relay: `https://host[:port]`, or `http://` without a certificate.
public struct RelayURL: Hashable, Sendable {
    public let isSecure: Bool
    /// Host, and port where it is not the scheme's own, as in a URL.
    public let authority: String

    /// Reads a URL with nothing behind host and port but a slash; nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 300, let separator = text.firstRange(of: "://") else { return nil }
        switch text[..<separator.lowerBound].lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        default: return nil
        }
        var rest = text[separator.upperBound...]
        if rest.last == "/" { rest = rest.dropLast() }
        guard Self.isAuthority(String(rest)) else { return nil }
        authority = rest.lowercased()
    }

    /// A host name or an address, with brackets around IPv6, and an optional port.
    private static func isAuthority(_ text: String) -> Bool {
        let host: Substring
        let port: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return false }
            guard text[..<end].dropFirst().utf8.allSatisfy({ isHexDigit($0) || $0 == 0x3A || $0 == 0x2E }) else {
                return false
            }
            host = text[...end]
            port = text[text.index(after: end)...]
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<colon]
            port = text[colon...]
            guard host.utf8.allSatisfy({ isLetterOrDigit($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }) else {
                return false
            }
        }
        guard !host.isEmpty else { return false }
        if port.isEmpty { return true }
        guard port.first == ":", port.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = UInt16(port.dropFirst())
        else { return false }
        return number != 0
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }
}

extension RelayURL: CustomStringConvertible {
    public var description: String { (isSecure ? "https://" : "http://") + authority }
}

extension RelayURL {
    /// Reads a relay's address as a person writes it: without a scheme it is `http`, without a port then 3478.
    public init?(asWritten text: String) {
        if text.contains("://") {
            self.init(text)
        } else {
            let hasPort = text.hasPrefix("[") ? text.contains("]:") : text.contains(":")
            self.init("http://" + text + (hasPort ? "" : ":3478"))
        }
    }

    /// A sentence about a text that is none.
    public static func howToWrite(_ text: String) -> String {
        "“\(text)” is not a relay's address. Write it like https://relay.example.org, http://relay.example.org:3478 or 203.0.113.7."
    }
}
