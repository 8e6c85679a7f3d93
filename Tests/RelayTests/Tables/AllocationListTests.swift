import NetPrimitives
@testable import Relay
import TURN
import TestSupport
import Testing

/// One allocation's permissions and channels, beside dictionaries that do the same.
@Suite("PermissionTable and ChannelTable")
struct AllocationListTests {
    private static let peers = (0..<200 as Range<UInt32>).map { number in
        let ip = number.isMultiple(of: 3) ? IPAddress.v6(0x2600 << 48, UInt64(number)) : .v4(0x0808_0000 + number)
        return TransportAddress(ip: ip, port: UInt16(1000 + number % 2))
    }

    @Test("random permissions are the same as in a dictionary", arguments: 1...10 as ClosedRange<UInt64>)
    func permissions(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = PermissionTable()
        var model: [IPAddress: Instant] = [:]
        var (now, refusals) = (Instant.zero, 0)
        for _ in 0..<600 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0: now += .seconds(Int64.random(in: 0...200, using: &random))
            case 1:
                table.removeExpired(at: now)
                model = model.filter { $0.value > now }
            case 2:
                guard Int.random(in: 0..<8, using: &random) == 0 else { continue }
                table.remove(.ipv6)
                model = model.filter { $0.key.family != .ipv6 }
            default:
                let ips = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                    Self.peers[Int.random(in: 0..<200, using: &random)].ip
                }
                var after = model
                for ip in ips { after[ip] = now + .seconds(300) }
                if after.count > PermissionTable.limit {
                    model = model.filter { $0.value > now }
                    after = after.filter { $0.value > now }
                }
                let fits = after.count <= PermissionTable.limit
                if fits { model = after } else { refusals += 1 }
                #expect(table.install(ips, at: now) == fits, "seed \(seed)")
            }
            #expect(table.count == model.count && table.nextExpiry == model.values.min(), "seed \(seed)")
            let ip = Self.peers[Int.random(in: 0..<200, using: &random)].ip
            #expect(table.expiry(of: ip) == model[ip], "seed \(seed)")
            #expect(table.contains(ip, at: now) == model[ip].map { $0 > now } ?? false, "seed \(seed)")
        }
        #expect(refusals > 0, "seed \(seed): the table was never full")
    }

    @Test("random channels are the same as in a dictionary", arguments: 1...10 as ClosedRange<UInt64>)
    func channels(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var table = ChannelTable()
        var model: [UInt16: (peer: TransportAddress, expiresAt: Instant)] = [:]
        var (now, outcomes) = (Instant.zero, Set<String>())
        for _ in 0..<1500 {
            switch Int.random(in: 0..<150, using: &random) {
            case 0: now += .seconds(Int64.random(in: 0...300, using: &random))
            case 1: table.removeExpired(at: now)
            case 2:
                guard Bool.random(using: &random) else { continue }
                table.remove(.ipv4)
                model = model.filter { $0.value.peer.family != .ipv4 }
            default:
                let raw = UInt16.random(in: 0x4000..<0x40C8, using: &random)
                let number = try #require(ChannelNumber(rawValue: raw))
                // The same pair comes again, or it would always be a conflict.
                let peer = Self.peers[Bool.random(using: &random) ? Int(raw - 0x4000) : .random(in: 0..<200, using: &random)]
                let live = model.filter { $0.value.expiresAt > now }
                let isKnown = live[raw]?.peer == peer
                let outcome =
                    if !isKnown, live[raw] != nil || live.values.contains(where: { $0.peer == peer }) {
                        "conflict"
                    } else if !isKnown, live.count >= ChannelTable.limit {
                        "full"
                    } else {
                        "bound"
                    }
                outcomes.insert(outcome)
                do throws(ChannelTable.Refusal) {
                    try table.bind(number, to: peer, at: now)
                    #expect(outcome == "bound", "seed \(seed)")
                } catch {
                    #expect(outcome == (error == .full ? "full" : "conflict"), "seed \(seed)")
                }
                if outcome == "bound" {
                    model = live
                    model[raw] = (peer, now + .seconds(600))
                }
            }
            let raw = UInt16.random(in: 0x4000..<0x40C8, using: &random)
            let number = try #require(ChannelNumber(rawValue: raw))
            let live = model[raw].flatMap { $0.expiresAt > now ? $0.peer : nil }
            #expect(table.peer(of: number, at: now) == live, "seed \(seed)")
            if let live { #expect(table.number(for: live, at: now) == number, "seed \(seed)") }
        }
        #expect(outcomes == ["bound", "conflict", "full"], "seed \(seed)")
    }
}
