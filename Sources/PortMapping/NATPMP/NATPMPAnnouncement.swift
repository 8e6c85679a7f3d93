package import NetPrimitives

/// What a NAT-PMP router tells everybody when it has a new address, or no memory any more (RFC 6886 §3.2.1): the answer to
/// a question for its address that nobody asked.
package struct NATPMPAnnouncement: Hashable, Sendable {
    package var address: IPAddress
    /// Seconds since the router began to keep mappings.
    package var epoch: UInt32

    /// nil for anything else: version 0, opcode 128, result 0, epoch, address.
    package init?(_ datagram: [UInt8]) {
        var reader = ByteReader(datagram)
        guard datagram.count == 12, let head = try? reader.readUInt32(), head == 0x0080_0000,
            let epoch = try? reader.readUInt32(), let bits = try? reader.readUInt32()
        else { return nil }
        self.epoch = epoch
        address = .v4(bits)
    }
}
