/// A record of a datagram as far as everybody can read it (RFC 6347 section 4.1): type, version, epoch (2 bytes), sequence (6),
/// length (2), and what it holds.
struct RecordHeader {
    let type: UInt8
    let epoch: Int
    let content: ArraySlice<UInt8>
    let rest: ArraySlice<UInt8>

    /// Nil where no record begins.
    init?(_ records: ArraySlice<UInt8>) {
        guard records.count >= 13 else { return nil }
        let start = records.startIndex
        type = records[start]
        epoch = Int(records[start + 3]) << 8 | Int(records[start + 4])
        let length = Int(records[start + 11]) << 8 | Int(records[start + 12])
        content = records.dropFirst(13).prefix(length)
        rest = records.dropFirst(13 + length)
    }

    /// Bytes of the shortest record under each kind of cipher that is offered (`SecurityContext`): AES-GCM's explicit nonce of 8
    /// (RFC 5288 section 3) and tag of 16, ChaCha20-Poly1305's tag alone (RFC 7905 section 2).
    static let shortestGCM = 24, shortestChaCha = 16

    /// Whether each encrypted record of a datagram has room for what its cipher adds.
    ///
    /// One that has none is nobody's: OpenSSL 3.0 ends the session for it, with an alert (internal error), in place of dropping it
    /// (RFC 6347 section 4.1.2.7), and anybody who can send in the peer's name can write one.
    static func areWhole(_ datagram: [UInt8], shortest: Int) -> Bool {
        var records = datagram[...]
        while let record = RecordHeader(records) {
            if record.epoch > 0, record.content.count < shortest { return false }
            records = record.rest
        }
        return true
    }
}
