package import Foundation
import NetPrimitives

/// A mapping as it is written down for the next program, should this one not come to closing it.
package struct MappingRecord: Codable, Hashable, Sendable {
    package var method: String
    package var transport: UInt8
    /// `ip:port`, as `external` is.
    package var `internal`: String
    package var external: String
    /// What only we can say to the router, in hexadecimal: PCP's nonce.
    package var secret: String?
    /// Seconds since 1970; nil: the router keeps it until it is deleted.
    package var expires: Int64?

    package init(_ mapping: Mapping, secret: [UInt8]?, now: Date) {
        method = mapping.method.rawValue
        transport = mapping.transport.rawValue
        `internal` = "\(mapping.internal)"
        external = "\(mapping.external)"
        self.secret = secret.map { $0.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined() }
        expires = mapping.lifetime.map { Int64(now.timeIntervalSince1970) + $0.components.seconds }
    }

    /// The router that can close it, asked as the one who opened it, and the port to close; nil for what makes no sense,
    /// or has run out by itself.
    package func gateway(now: Date) -> (gateway: any Gateway, request: MappingRequest, externalPort: UInt16)? {
        guard expires ?? .max > Int64(now.timeIntervalSince1970), let method = MappingMethod(rawValue: method),
            let transport = TransportProtocol(rawValue: transport), let local = TransportAddress(`internal`),
            let port = TransportAddress(external)?.port
        else { return nil }
        let request = MappingRequest(internalAddress: local, transport: transport)
        switch method {
        case .pcp:
            guard let nonce = PCPNonce(bytes: secretBytes) else { return nil }
            return (PCPGateway(request, nonce: nonce), request, port)
        case .natPMP:
            return (NATPMPGateway(request), request, port)
        case .upnp:
            // A hole in a firewall is known by a number that died with us; it runs out within its day.
            return local.family == .ipv4 ? (UPnPGateway(request), request, port) : nil
        }
    }

    private var secretBytes: [UInt8] {
        let digits = Array((secret ?? "").utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
        }
    }
}
