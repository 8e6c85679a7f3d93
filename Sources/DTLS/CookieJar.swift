import COpenSSL
import NetPrimitives

/// Makes the cookies by which clients show that they receive what is sent to their address, and keeps none
/// (RFC 6347 section 4.2.1): each is a code over the addresses and the period it was made in.
struct CookieJar {
    /// A cookie is good in its period and the next one: for 60 to 120 s, longer than a client tries.
    static let period = Duration.seconds(60)

    private let secret: [UInt8]

    /// - Parameter secret: 32 random bytes.
    init(secret: [UInt8]) { self.secret = secret }

    /// What a client may return now: the cookie of this period and the one of the former.
    func cookies(for client: FiveTuple, at now: Instant) -> [[UInt8]] {
        let period = now.nanoseconds / Self.period.nanoseconds
        return [cookie(for: client, period), cookie(for: client, period - 1)]
    }

    private func cookie(for client: FiveTuple, _ period: Int64) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 48)
        writer.write(UInt64(bitPattern: period))
        for address in [client.client, client.server] {
            writer.write(UInt8(address.ip.octets.count))
            writer.write(address.ip.octets)
            writer.write(address.port)
        }
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        HMAC(EVP_sha256(), secret, Int32(secret.count), writer.bytes, writer.bytes.count, &code, &count)
        return Array(code.prefix(Int(count)))
    }
}
