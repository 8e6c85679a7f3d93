import NetPrimitives
@testable import Relay
import TURN
import TestSupport
import Testing

@Suite("ForwardingTable")
struct ForwardingTableTests {
    private static func packed(_ last: UInt32, _ port: UInt16, isIPv6: Bool = false) -> PackedAddress {
        isIPv6
            ? PackedAddress(family: 6, high: 0x2600 << 48, low: UInt64(last), port: port)
            : PackedAddress(family: 4, high: 0, low: UInt64(0x0808_0000 + last), port: port)
    }

    private static func route(
        _ client: UInt32, _ channel: UInt16, peer: UInt32, on port: Int, end: Double = 10, isIPv6: Bool = false
    ) throws -> ForwardingRoute {
        ForwardingRoute(
            client: FiveTuple(
                transport: .udp, client: try #require(TransportAddress(packed(client, 40000, isIPv6: isIPv6))),
                server: TransportAddress(literal: "9.9.9.9:3478")),
            peer: try #require(TransportAddress(packed(peer, 50000, isIPv6: isIPv6))), port: RelayedPort(rawValue: port),
            channel: try #require(ChannelNumber(rawValue: channel)), meter: .none, endOfSending: .at(end), endOfReceiving: .at(end))
    }

    private static let server = PackedAddress(TransportAddress(literal: "9.9.9.9:3478"))

    private static func found(_ table: borrowing ForwardingTable, _ client: UInt32, _ channel: UInt16) -> ForwardingRoute? {
        table.route(fromClient: packed(client, 40000), to: server, channel: channel, at: 0)?.pointee
    }

    private static func found(_ table: borrowing ForwardingTable, peer: UInt32, on port: UInt32) -> ForwardingRoute? {
        table.route(fromPeer: packed(peer, 50000), on: port, at: 0)?.pointee
    }

    @Test("a route is found from both sides, until its ends")
    func bothSides() throws {
        var random = SplitMix64(seed: 1)
        var table = ForwardingTable(using: &random)
        for isIPv6 in [false, true] {
            let route = try Self.route(1, 0x4000, peer: 2, on: 3, isIPv6: isIPv6)
            #expect(table.set(route) == true)
            let (client, peer) = (Self.packed(1, 40000, isIPv6: isIPv6), Self.packed(2, 50000, isIPv6: isIPv6))
            let end = Instant.at(10).nanoseconds
            let forth = table.route(fromClient: client, to: Self.server, channel: 0x4000, at: end - 1)?.pointee
            let back = table.route(fromPeer: peer, on: 3, at: end - 1)?.pointee
            let (late, lateBack) = (
                table.route(fromClient: client, to: Self.server, channel: 0x4000, at: end) == nil,
                table.route(fromPeer: peer, on: 3, at: end) == nil
            )
            #expect(forth == route)
            #expect(back == route)
            #expect(late && lateBack)
            let others = [
                table.route(fromClient: client, to: Self.server, channel: 0x4001, at: 0),
                table.route(fromClient: client, to: client, channel: 0x4000, at: 0),
                table.route(fromClient: peer, to: Self.server, channel: 0x4000, at: 0),
                table.route(fromPeer: peer, on: 4, at: 0), table.route(fromPeer: client, on: 3, at: 0),
            ]
            #expect(others.allSatisfy { $0 == nil })
        }
    }

    @Test("a new route takes the place of what has its channel, and of what has its peer")
    func replaces() throws {
        var random = SplitMix64(seed: 2)
        var table = ForwardingTable(using: &random)
        table.set(try Self.route(1, 0x4000, peer: 1, on: 7))
        table.set(try Self.route(1, 0x4001, peer: 2, on: 7))
        table.set(try Self.route(1, 0x4000, peer: 2, on: 7))
        let (count, first, second) = (table.count, Self.found(table, 1, 0x4000), Self.found(table, 1, 0x4001))
        let (peer1, peer2) = (Self.found(table, peer: 1, on: 7), Self.found(table, peer: 2, on: 7))
        #expect(count == 1)
        #expect(first == peer2 && first != nil)
        #expect(second == nil && peer1 == nil)
    }

    @Test("it is bounded, and what has no room leaves the others alone")
    func bounded() throws {
        var random = SplitMix64(seed: 3)
        var table = ForwardingTable(limit: 100, using: &random)
        for number in 0..<150 as Range<UInt32> {
            let isTaken = table.set(try Self.route(number, 0x4000, peer: number, on: Int(number)))
            #expect(isTaken == (number < 100))
        }
        let count = table.count
        #expect(count == 100)
        for number in 0..<150 as Range<UInt32> {
            let (forth, back) = (Self.found(table, number, 0x4000), Self.found(table, peer: number, on: number))
            #expect((forth != nil) == (number < 100) && forth == back)
        }
        // A known route is refreshed also when nothing else has room.
        let refreshed = table.set(try Self.route(5, 0x4000, peer: 5, on: 5, end: 20))
        table.remove(client: Self.packed(6, 40000), server: Self.server, channel: 0x4000)
        let added = table.set(try Self.route(200, 0x4000, peer: 200, on: 200))
        #expect(refreshed && added)
    }

    @Test("ended routes are swept out, part by part")
    func swept() throws {
        var random = SplitMix64(seed: 4)
        var table = ForwardingTable(using: &random)
        for number in 0..<10_000 as Range<UInt32> {
            table.set(try Self.route(number, 0x4000, peer: number, on: Int(number), end: number.isMultiple(of: 2) ? 1 : 9))
        }
        table.removeExpired(at: Instant.at(5).nanoseconds)
        let afterOne = table.count
        for _ in 0..<3 { table.removeExpired(at: Instant.at(5).nanoseconds) }
        let afterAll = table.count
        #expect(afterOne < 10_000 && afterOne > 5000)
        #expect(afterAll == 5000)
        let (gone, kept) = (Self.found(table, 4, 0x4000), Self.found(table, 5, 0x4000))
        #expect(gone == nil && kept != nil)
    }

    @Test("random changes leave the same as in a dictionary", arguments: 1...8 as ClosedRange<UInt64>)
    func model(seed: UInt64) throws {
        struct Key: Hashable {
            let client: UInt32
            let channel: UInt16
        }
        var random = SplitMix64(seed: seed)
        var table = ForwardingTable(using: &random)
        var model: [Key: (peer: UInt32, port: Int)] = [:]
        for _ in 0..<4000 {
            let key = Key(client: .random(in: 0..<40, using: &random), channel: .random(in: 0x4000..<0x4008, using: &random))
            if Bool.random(using: &random) {
                let peer = UInt32.random(in: 0..<12, using: &random)
                model = model.filter { $0.key == key || $0.value.port != Int(key.client) || $0.value.peer != peer }
                model[key] = (peer, Int(key.client))
                table.set(try Self.route(key.client, key.channel, peer: peer, on: Int(key.client)))
            } else {
                model[key] = nil
                table.remove(client: Self.packed(key.client, 40000), server: Self.server, channel: key.channel)
            }
        }
        let count = table.count
        #expect(count == model.count)
        for client in 0..<40 as Range<UInt32> {
            for channel in 0x4000..<0x4008 as Range<UInt16> {
                let expected = model[Key(client: client, channel: channel)]
                let found = Self.found(table, client, channel)
                #expect(found?.peer == expected.map { Self.packed($0.peer, 50000) })
            }
            for peer in 0..<12 as Range<UInt32> {
                let expected = model.first { $0.value.port == Int(client) && $0.value.peer == peer }
                let found = Self.found(table, peer: peer, on: client)
                #expect(found?.channel == expected?.key.channel)
            }
        }
    }
}
