package import NetPrimitives

/// A server's word (RFC 6887 §7.2): an answer, or what it announces unasked.
package struct PCPResponse: Hashable, Sendable {
    package enum Body: Hashable, Sendable {
        case announce
        case map(PCPMapping)
        case peer(PCPMapping, remote: TransportAddress)
    }

    package var result: PCPResultCode
    /// Seconds: of the mapping, or for how long the same request would get the same refusal (§7.2).
    package var lifetime: UInt32
    /// Seconds since the server began to keep what it keeps (§8.5).
    package var epoch: UInt32
    package var body: Body

    package init(decoding datagram: [UInt8]) throws(PCPDecodingError) {
        var reader = ByteReader(datagram)
        do {
            let version = try reader.readUInt8()
            // Before the length: NAT-PMP's refusal of a version has eight octets.
            guard version == PCPFormat.version else { throw PCPDecodingError.version(version) }
            guard datagram.count <= PCPFormat.maximumCount, datagram.count.isMultiple(of: 4)
            else { throw PCPDecodingError.badLength(datagram.count) }
            let operation = try reader.readUInt8()
            guard operation & PCPFormat.responseBit != 0 else { throw PCPDecodingError.notAResponse }
            try reader.skip(1)
            result = PCPResultCode(rawValue: try reader.readUInt8())
            lifetime = try reader.readUInt32()
            epoch = try reader.readUInt32()
            try reader.skip(12)
            switch operation & ~PCPFormat.responseBit {
            case PCPFormat.Opcode.announce:
                body = .announce
            case PCPFormat.Opcode.map:
                body = .map(try PCPMapping(from: &reader))
            case PCPFormat.Opcode.peer:
                let mapping = try PCPMapping(from: &reader)
                let port = try reader.readUInt16()
                try reader.skip(2)
                body = .peer(mapping, remote: TransportAddress(ip: try reader.readPCPAddress(), port: port))
            case let opcode:
                throw PCPDecodingError.unknownOpcode(opcode)
            }
        } catch let error as PCPDecodingError {
            throw error
        } catch {
            throw .truncated
        }
        try Self.skipOptions(&reader)
    }

    /// We send no option, so none has a meaning; what has no end is still no response (§7.3: code, reserved, length of
    /// the data, data, and zeros up to a multiple of four).
    private static func skipOptions(_ reader: inout ByteReader) throws(PCPDecodingError) {
        do {
            while !reader.isAtEnd {
                try reader.skip(2)
                let length = Int(try reader.readUInt16())
                try reader.skip((length + 3) & ~3)
            }
        } catch {
            throw .malformedOption
        }
    }
}
