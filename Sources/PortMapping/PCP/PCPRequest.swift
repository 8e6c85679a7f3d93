package import NetPrimitives

/// A request to a PCP server (RFC 6887 §7.1), without options.
package struct PCPRequest: Hashable, Sendable {
    package enum Body: Hashable, Sendable {
        /// "Are you there, and since when?" (§14.1)
        case announce
        /// A way in for everybody (§11).
        case map(PCPMapping)
        /// A way in and out for one peer (§12).
        case peer(PCPMapping, remote: TransportAddress)
    }

    package var body: Body
    /// Seconds; 0 deletes.
    package var lifetime: UInt32
    /// The address that the request leaves from, by which the server sees whether a NAT stands between (§8.1).
    package var client: IPAddress

    package init(_ body: Body, lifetime: UInt32, client: IPAddress) {
        self.body = body
        self.lifetime = lifetime
        self.client = client
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter(reservingCapacity: 80)
        writer.write(PCPFormat.version)
        writer.write(opcode)
        writer.writeZeros(2)
        writer.write(lifetime)
        writer.writePCP(client)
        switch body {
        case .announce:
            break
        case .map(let mapping):
            mapping.write(to: &writer)
        case .peer(let mapping, let remote):
            mapping.write(to: &writer)
            writer.write(remote.port)
            writer.writeZeros(2)
            writer.writePCP(remote.ip)
        }
        return writer.bytes
    }

    private var opcode: UInt8 {
        switch body {
        case .announce: PCPFormat.Opcode.announce
        case .map: PCPFormat.Opcode.map
        case .peer: PCPFormat.Opcode.peer
        }
    }
}
