package import Foundation
import NetPrimitives

/// A mapping, or the question for one, as it is written down for the next program, should this one not come to closing it.
package struct MappingRecord: Codable, Hashable, Sendable {
    package var method: String
    package var transport: UInt8
    /// `ip:port`, as `external` is. Before the router has answered, `external` is what it was asked for.
    package var `internal`: String
    package var external: String
    /// The mapping's name, as UPnP routers keep it; nil in records that had none.
    package var description: String?
    /// What only we can say to the router, in hexadecimal: PCP's nonce, a hole's number.
    package var secret: String?
    /// Seconds since 1970; nil: the router keeps it until it is deleted.
    package var expires: Int64?

    package init(_ mapping: Mapping, secret: [UInt8]?, description: String, now: Date) {
        method = mapping.method.rawValue
        transport = mapping.transport.rawValue
        `internal` = "\(mapping.internal)"
        external = "\(mapping.external)"
        self.description = description
        self.secret = secret.map { $0.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined() }
        expires = mapping.lifetime.map { Int64(now.timeIntervalSince1970) + $0.components.seconds }
    }
}
