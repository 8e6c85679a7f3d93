/// What the client of a server's session may have OpenSSL keep of its handshake, until the messages before it have come.
///
/// A fragment holds as much memory as its message says that it is long, and messages are kept up to ten ahead: a kilobyte
/// of small fragments would hold a megabyte for as long as a handshake may take. No honest client comes near these bounds.
struct HandshakeAllowance {
    /// The longest message in bytes. A server that asks for no certificate gets a ClientHello, which is one datagram, and a
    /// key of at most 133 bytes (P-521).
    static let longestMessage = 4096
    /// Encrypted records of the handshake between two of its time-outs. A client sends one, Finished, and sends it again
    /// while it has no answer. Six time-outs are in the longest handshake: OpenSSL keeps a hundred such records by itself.
    static let mostEncrypted = 16

    private var encrypted = 0

    /// A time-out of the handshake: whoever repeats what had no answer gets in. Anybody can send in a client's name, and
    /// only OpenSSL knows whose record it is.
    mutating func renew() { encrypted = 0 }

    /// Whether OpenSSL gets a datagram. It judges what is malformed; only its own reading of lengths is looked at here.
    mutating func admits(_ datagram: [UInt8]) -> Bool {
        var records = datagram[...]
        while let record = RecordHeader(records) {
            if record.type == 22 {
                if record.epoch > 0 {
                    encrypted += 1
                    guard encrypted <= Self.mostEncrypted else { return false }
                } else {
                    guard Self.isShort(record.content) else { return false }
                }
            }
            records = record.rest
        }
        return true
    }

    /// Whether each message of a record is of a length that we take.
    private static func isShort(_ content: ArraySlice<UInt8>) -> Bool {
        var messages = content
        // RFC 6347 section 4.2.2: type, length (3 bytes), sequence (2), the fragment's offset (3) and length (3).
        while messages.count >= 12 {
            let start = messages.startIndex
            func number(at offset: Int) -> Int {
                Int(messages[start + offset]) << 16 | Int(messages[start + offset + 1]) << 8 | Int(messages[start + offset + 2])
            }
            guard number(at: 1) <= longestMessage else { return false }
            messages = messages.dropFirst(12 + number(at: 9))
        }
        return true
    }
}
