import NetPrimitives

/// An SCTP packet as far as this room looks into it: where its chunks are (RFC 9260 section 3).
struct Packet {
    struct Chunk {
        let type: UInt8
        /// The value, without the chunk's header and padding.
        let value: ArraySlice<UInt8>
    }

    let chunks: [Chunk]

    /// Nil when the bytes are not a run of whole chunks behind a common header.
    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        var chunks: [Chunk] = []
        do {
            try reader.skip(12)  // the common header: ports, verification tag, checksum
            while !reader.isAtEnd {
                let type = try reader.readUInt8()
                try reader.skip(1)
                let length = Int(try reader.readUInt16())
                guard length >= 4 else { return nil }
                chunks.append(Chunk(type: type, value: try reader.read(count: length - 4)))
                // A sender pads to 4 bytes; the last chunk's padding may be missing.
                try reader.skip(min(length.isMultiple(of: 4) ? 0 : 4 - length % 4, reader.remaining))
            }
        } catch {
            return nil
        }
        guard !chunks.isEmpty else { return nil }
        self.chunks = chunks
    }

    /// Whether usrsctp is to see it: only chunks that an association of ours negotiates. What is left outside (AUTH,
    /// ASCONF, packet drop reports, I-DATA) is switched off inside as well; a door that is bricked up needs no lock.
    var isAdmissible: Bool {
        chunks.allSatisfy { Self.admissibleTypes.contains($0.type) && $0.hasSoundParameters }
    }

    private static let admissibleTypes: Set<UInt8> = [
        0,  // DATA
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14,  // INIT to COOKIE ACK, SHUTDOWN COMPLETE
        12, 13,  // ECNE, CWR: ignored
        130,  // RE-CONFIG (RFC 6525)
        132,  // PAD (RFC 4820)
        192,  // FORWARD TSN (RFC 3758)
    ]
}

extension Packet.Chunk {
    /// Where the parameters or causes of a chunk begin, by its type (RFC 9260 section 3.3, RFC 6525 section 3.1).
    private static let parameterOffsets: [UInt8: Int] = [1: 16, 2: 16, 4: 0, 5: 0, 6: 0, 9: 0, 130: 0]

    /// Parameters with which INIT and INIT ACK make an association multi-homed: IPv4, IPv6, host name. Over DTLS there
    /// is one path and no address (RFC 8831 section 5).
    private static let addressParameters: Set<UInt16> = [5, 6, 11]

    /// Whether the chunk is as long as its type wants and its parameters fill it exactly. usrsctp 0.9.5 trusts lengths
    /// here: an INIT with a parameter of length 0 keeps it busy for ever.
    var hasSoundParameters: Bool {
        guard let offset = Self.parameterOffsets[type] else { return true }
        var reader = ByteReader(value)
        do {
            try reader.skip(offset)
            while !reader.isAtEnd {
                let parameter = try reader.readUInt16()
                let length = Int(try reader.readUInt16())
                guard length >= 4, !(offset == 16 && Self.addressParameters.contains(parameter)) else { return false }
                try reader.skip(length - 4)
                try reader.skip(min(length.isMultiple(of: 4) ? 0 : 4 - length % 4, reader.remaining))
            }
            return true
        } catch {
            return false
        }
    }
}

/// A DATA chunk's header (RFC 9260 section 3.3.1).
struct DataChunk {
    let transmissionSequenceNumber: UInt32
    let stream: UInt16
    /// The user data that it carries, in bytes.
    let byteCount: Int

    init?(_ chunk: Packet.Chunk) {
        guard chunk.type == 0 else { return nil }
        var reader = ByteReader(chunk.value)
        guard let number = try? reader.readUInt32(), let stream = try? reader.readUInt16(), (try? reader.skip(6)) != nil
        else { return nil }
        transmissionSequenceNumber = number
        self.stream = stream
        byteCount = reader.remaining
    }
}
