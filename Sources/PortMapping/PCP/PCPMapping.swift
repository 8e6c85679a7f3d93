package import NetPrimitives

/// What MAP and PEER have in common: in a request what is asked for, in a response what there is (RFC 6887 §11.1, §12.1).
package struct PCPMapping: Hashable, Sendable {
    package var nonce: PCPNonce
    package var transport: TransportProtocol
    package var internalPort: UInt16
    /// Suggested in a request, where port 0 and the address 0.0.0.0 or :: mean "whichever"; assigned in a response.
    package var external: TransportAddress

    package init(nonce: PCPNonce, transport: TransportProtocol, internalPort: UInt16, external: TransportAddress) {
        self.nonce = nonce
        self.transport = transport
        self.internalPort = internalPort
        self.external = external
    }

    init(from reader: inout ByteReader) throws(PCPDecodingError) {
        do {
            nonce = try PCPNonce(from: &reader)
            let number = try reader.readUInt8()
            guard let transport = TransportProtocol(rawValue: number) else { throw PCPDecodingError.unknownProtocol(number) }
            self.transport = transport
            try reader.skip(3)  // reserved: "MUST be ignored when received"
            internalPort = try reader.readUInt16()
            let port = try reader.readUInt16()
            external = TransportAddress(ip: try reader.readPCPAddress(), port: port)
        } catch let error as PCPDecodingError {
            throw error
        } catch {
            throw .truncated
        }
    }

    func write(to writer: inout ByteWriter) {
        nonce.write(to: &writer)
        writer.write(transport.rawValue)
        writer.writeZeros(3)
        writer.write(internalPort)
        writer.write(external.port)
        writer.writePCP(external.ip)
    }
}
