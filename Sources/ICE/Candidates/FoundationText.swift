import NetPrimitives

/// A candidate's foundation as text: equal exactly when RFC 8445 §5.1.1.3's four properties are, but for
/// collisions of a 32-bit hash, which only make a check wait for another one.
enum FoundationText {
    static func of(
        _ type: CandidateType, base: IPAddress, server: IPAddress?, isMapped: Bool = false,
        transport: CandidateTransport = .udp
    ) -> String {
        let properties =
            "\(type.rawValue) \(base) \(server.map(\.description) ?? "-") \(isMapped) \(transport.rawValue)"
        // FNV-1a: the addresses stay unreadable to the eye; they are in the candidate anyway.
        let hash = properties.utf8.reduce(UInt32(0x811C_9DC5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        return String(hash)
    }
}
