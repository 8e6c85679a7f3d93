/// What begins a client's handshake, as far as it is looked at before a session exists (RFC 6347 section 4.2).
public struct ClientHello {
    /// RFC 5246 section 7.4.1.2: 4 bytes of time, 28 of randomness.
    static let randomSize = 32

    /// The client's random. It is the same in every ClientHello of a handshake.
    let random: ArraySlice<UInt8>

    /// nil when a datagram does not begin with an unencrypted, unfragmented ClientHello.
    public init?(_ datagram: [UInt8]) {
        // Record: type 22 (handshake), version, epoch 0 (nothing is encrypted), sequence, length: 13 bytes. Handshake:
        // type 1, length, sequence, fragment's offset 0, fragment's length: 12 bytes. Then the version and the random.
        let start = 13 + 12 + 2
        guard datagram.count >= start + Self.randomSize, datagram[0] == 22, datagram[3] == 0, datagram[4] == 0,
            datagram[13] == 1, datagram[19] == 0, datagram[20] == 0, datagram[21] == 0
        else { return nil }
        random = datagram[start..<start + Self.randomSize]
    }
}
