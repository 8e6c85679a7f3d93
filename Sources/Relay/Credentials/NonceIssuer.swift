private import Crypto
private import Foundation
public import NetPrimitives
public import STUN

/// Makes and checks nonces without keeping any: each is its expiry and a code over expiry and
/// client address (RFC 8489 §9.2.4: no two addresses get the same).
///
/// 20 characters, so that a 401 to a bare Allocate stays small: 4 octets of expiry and 11 of HMAC-SHA256. With
/// security features there are 13 more in front, which the code covers too: who takes bits away makes a stale nonce.
public struct NonceIssuer: Sendable {
    /// RFC 8656 §5: "the server SHOULD expire the nonce at least once every hour".
    public static let lifetime = Duration.seconds(3600)

    private static let codeOctets = 11
    /// With the secret in it: to be copied, as the secret's part is half of the work.
    private let keyed: HMAC<SHA256>

    /// - Parameter secret: 32 random octets, made at the start of the process and shared by its machines.
    public init(secret: [UInt8]) { keyed = HMAC(key: SymmetricKey(data: secret)) }

    /// - Parameter features: put into the nonce's cookie; without any, there is none.
    public func nonce(for client: FiveTuple, features: SecurityFeatures = [], at now: Instant) -> String {
        let expiry = Self.seconds(now + Self.lifetime)
        let text = Data(expiry.octets + code(expiry, features, client)).base64EncodedString()
        return features.isEmpty ? text : features.nonceCookie + text
    }

    /// Whether we made this nonce for this client, and its hour is not over.
    public func isValid(_ nonce: String, for client: FiveTuple, at now: Instant) -> Bool {
        let features = SecurityFeatures(nonce: nonce)
        let text = String(decoding: nonce.utf8.dropFirst(features == nil ? 0 : 13), as: UTF8.self)
        guard text.utf8.count == 20, let octets = Data(base64Encoded: text).map(Array.init),
            octets.count == 4 + Self.codeOctets
        else { return false }
        let expiry = octets[..<4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let difference = zip(octets[4...], code(expiry, features ?? [], client)).reduce(UInt8(0)) { $0 | $1.0 ^ $1.1 }
        // The difference of two wrapping counters, read as signed, tells which of them is ahead.
        return difference == 0 && Int32(bitPattern: expiry &- Self.seconds(now)) > 0
    }

    private func code(_ expiry: UInt32, _ features: SecurityFeatures, _ client: FiveTuple) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 28)
        writer.write(expiry)
        writer.write(features.rawValue)
        writer.write(client.transport.rawValue)
        // A stream's handshake has shown its address, and a ConnectionBind comes by another connection than the nonce
        // did (RFC 6062 §4.3): one nonce serves all streams of an address.
        writer.write(client.transport == .tcp ? 0 : client.client.port)
        writer.write(client.client.ip.octets)
        var code = keyed
        code.update(data: writer.bytes)
        return Array(code.finalize().prefix(Self.codeOctets))
    }

    private static func seconds(_ instant: Instant) -> UInt32 {
        UInt32(truncatingIfNeeded: instant.nanoseconds / 1_000_000_000)
    }
}

extension UInt32 {
    fileprivate var octets: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (24 - 8 * $0)) } }
}
