/// The `Host` field of a request: a name or an address, and perhaps a port (RFC 9110 §7.2, RFC 3986 §3.2).
///
/// It is written back into URLs, so nothing passes but what a host and a port are made of.
struct HTTPAuthority: Hashable {
    /// With brackets around an IPv6 address.
    let host: String
    let port: UInt16?

    init?(_ text: String) {
        guard text.utf8.count <= 255 else { return nil }
        let hostPart: Substring
        let portPart: Substring?
        if text.hasPrefix("["), let bracket = text.firstIndex(of: "]") {
            hostPart = text[...bracket]
            let rest = text[text.index(after: bracket)...]
            guard rest.isEmpty || rest.first == ":" else { return nil }
            portPart = rest.isEmpty ? nil : rest.dropFirst()
            guard hostPart.dropFirst().dropLast().allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
        } else {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            hostPart = parts[0]
            portPart = parts.count == 2 ? parts[1] : nil
            guard !hostPart.isEmpty,
                hostPart.utf8.allSatisfy({
                    (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                        || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
                })
            else { return nil }
        }
        host = String(hostPart)
        if let portPart {
            guard portPart.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(portPart) else { return nil }
            self.port = port
        } else {
            port = nil
        }
    }

    /// As the field has it.
    var text: String { port.map { "\(host):\($0)" } ?? host }
}
