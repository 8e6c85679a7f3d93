private import Crypto
private import Foundation
import NetPrimitives
import TURN

/// Which allocation a ticket is for, and which of its tickets it is.
struct MobilityClaim: Hashable, Sendable {
    let id: MobileID
    /// `Mobility.generation` when it was made.
    let generation: UInt16
}

/// Makes and opens tickets without keeping any: each is its claim and its expiry, sealed with a secret of the process, so
/// that it says nothing and cannot be made by others (RFC 8016 §3.1.2, §5).
///
/// 32 characters, as coturn's client library keeps no longer ones, and no zero octets. That is 24 octets: 14 to seal and
/// 10 of HMAC-SHA256 over them, which are the seal and begin the key stream as well (the synthetic IV of RFC 5297, with
/// HMAC). To be guessed it takes 2^80 requests, and then the password still.
public struct MobilityTickets: Sendable {
    /// Each Refresh that succeeds brings a fresh one: a client that is there is never left with one that has ended.
    static let lifetime = Duration.seconds(24 * 3600)

    private static let sealOctets = 10
    /// Id, generation, expiry.
    private static let claimOctets = 8 + 2 + 4
    static let octetCount = (sealOctets + claimOctets) * 4 / 3

    private let sealing: SymmetricKey
    private let hiding: SymmetricKey

    /// - Parameter secret: 32 random octets, made at the start of the process and shared by its machines.
    public init(secret: [UInt8]) {
        let secret = SymmetricKey(data: secret)
        func derived(_ purpose: String) -> SymmetricKey {
            SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(purpose.utf8), using: secret))
        }
        (sealing, hiding) = (derived("mobility seal"), derived("mobility hide"))
    }

    func ticket(for claim: MobilityClaim, at now: Instant) -> MobilityTicket {
        var writer = ByteWriter(reservingCapacity: Self.claimOctets)
        writer.write(claim.id.rawValue)
        writer.write(claim.generation)
        writer.write(Self.seconds(now + Self.lifetime))
        let seal = seal(writer.bytes)
        return MobilityTicket(Array(Data(seal + hidden(writer.bytes, by: seal)).base64EncodedString().utf8))
    }

    /// What a ticket claims; nil when it is not ours, or its time is over.
    func open(_ ticket: MobilityTicket, at now: Instant) -> MobilityClaim? {
        guard ticket.octets.count == Self.octetCount, let octets = Data(base64Encoded: Data(ticket.octets)).map(Array.init),
            octets.count == Self.sealOctets + Self.claimOctets
        else { return nil }
        let given = Array(octets.prefix(Self.sealOctets))
        let claim = hidden(Array(octets.dropFirst(Self.sealOctets)), by: given)
        let difference = zip(given, seal(claim)).reduce(UInt8(0)) { $0 | $1.0 ^ $1.1 }
        var reader = ByteReader(claim)
        guard difference == 0, let id = try? reader.readUInt64(), let generation = try? reader.readUInt16(),
            let expiry = try? reader.readUInt32()
        else { return nil }
        // The difference of two wrapping counters, read as signed, tells which of them is ahead.
        guard Int32(bitPattern: expiry &- Self.seconds(now)) > 0 else { return nil }
        return MobilityClaim(id: MobileID(rawValue: id), generation: generation)
    }

    private func seal(_ claim: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: claim, using: sealing).prefix(Self.sealOctets))
    }

    /// Hides a claim, or shows it again.
    private func hidden(_ claim: [UInt8], by seal: [UInt8]) -> [UInt8] {
        zip(claim, HMAC<SHA256>.authenticationCode(for: seal, using: hiding)).map { $0 ^ $1 }
    }

    private static func seconds(_ instant: Instant) -> UInt32 {
        UInt32(truncatingIfNeeded: instant.nanoseconds / 1_000_000_000)
    }
}
