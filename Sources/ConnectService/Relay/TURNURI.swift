/// A STUN or TURN server's address as RFC 7064 §3.1 and RFC 7065 §3.1 write it: `turn:host:port?transport=udp`.
struct TURNURI: Hashable, Sendable {
    enum Scheme: String, Sendable { case stun, stuns, turn, turns }
    enum Transport: String, Sendable { case udp, tcp }

    let scheme: Scheme
    /// Without brackets.
    let host: String
    let port: UInt16
    let transport: Transport

    init?(_ text: String) {
        guard text.utf8.count <= 512, let colon = text.firstIndex(of: ":"),
            let scheme = Scheme(rawValue: text[..<colon].lowercased())
        else { return nil }
        self.scheme = scheme
        let isSecure = scheme == .stuns || scheme == .turns
        let parts = text[text.index(after: colon)...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let place = parts.first, !place.isEmpty else { return nil }
        if parts.count == 2 {
            guard parts[1].hasPrefix("transport="), let transport = Transport(rawValue: String(parts[1].dropFirst(10)))
            else { return nil }
            self.transport = transport
        } else {
            transport = isSecure ? .tcp : .udp
        }
        let portText: Substring?
        if place.first == "[", let bracket = place.firstIndex(of: "]") {
            host = String(place[place.index(after: place.startIndex)..<bracket])
            let tail = place[place.index(after: bracket)...]
            guard tail.isEmpty || tail.first == ":" else { return nil }
            portText = tail.isEmpty ? nil : tail.dropFirst()
        } else {
            let pieces = place.split(separator: ":", omittingEmptySubsequences: false)
            guard pieces.count <= 2 else { return nil }
            host = String(pieces[0])
            portText = pieces.count == 2 ? pieces[1] : nil
        }
        guard !host.isEmpty else { return nil }
        if let portText {
            guard let port = UInt16(portText), port > 0 else { return nil }
            self.port = port
        } else {
            port = isSecure ? 5349 : 3478
        }
    }
}
