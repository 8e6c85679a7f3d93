import Foundation
import NetPrimitives
import PortMapping
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite("What a dead program left open", .timeLimit(.minutes(1)))
struct AbandonedMappingTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    private let now = Date(timeIntervalSince1970: 1_795_000_000)

    private var records: MappingRecords { MappingRecords(folder: folder) }

    /// Leaves a mapping of 11.22.33.21:6000 to a port of ours behind, as at the end of a process.
    private func leave(_ local: TransportAddress, lifetime: Duration? = nil) {
        let mapping = Mapping(
            method: .upnp, external: address("11.22.33.21:6000"), internal: local, transport: .udp, lifetime: lifetime,
            router: "a fake")
        _ = records.write(MappingRecord(mapping, secret: nil, description: "Remote assistance", now: now))
    }

    /// A port of loopback that nobody had a moment ago.
    private func freePort() throws -> TransportAddress { try TakenPort().address }

    @Test("is closed at the next start, and then forgotten")
    func closed() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        leave(try freePort())
        let router = FakeGateway([])
        records.closeAbandoned(at: now) { _ in router }
        #expect(router.released == [6000])
        #expect(records.abandoned().isEmpty)
    }

    @Test("is tried again later while its router is not there, does not answer, or is another one", arguments: [
        (.noRouter, .closed, []), (nil, .unanswered, [6000]), (nil, .refused, [6000]),
    ] as [(MappingFailure?, Release, [UInt16])])
    func later(_ absent: MappingFailure?, _ outcome: Release, _ released: [UInt16]) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        leave(try freePort())
        let router = FakeGateway([], absent: absent, releases: outcome)
        records.closeAbandoned(at: now) { _ in router }
        #expect(router.released == released)
        let there = FakeGateway([])
        records.closeAbandoned(at: now + 86400 * 365) { _ in there }
        #expect(there.released == [6000], "until it is deleted, as long as that may take")
        #expect(records.abandoned().isEmpty)
    }

    @Test("is kept while our address is that of another network")
    func elsewhere() {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        leave(address("192.0.2.1:5000"))  // RFC 5737: nobody's
        let router = FakeGateway([])
        records.closeAbandoned(at: now) { _ in router }
        #expect(router.released.isEmpty)
        #expect(records.abandoned().count == 1)
    }

    @Test("is another program's when that has our port")
    func taken() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let port = try TakenPort()
        leave(port.address)
        let router = FakeGateway([])
        records.closeAbandoned(at: now) { _ in router }
        #expect(router.released.isEmpty)
        #expect(records.abandoned().isEmpty)
        withExtendedLifetime(port) {}
    }

    @Test("closes by itself when its time is over")
    func expired() {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        leave(address("192.0.2.1:5000"), lifetime: .seconds(600))
        records.closeAbandoned(at: now + 599) { _ in nil }
        records.closeAbandoned(at: now + 600) { _ in FakeGateway([]) }
        #expect(records.abandoned().isEmpty)
    }

    @Test("that nobody can close is kept until its time is over")
    func nobody() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        leave(try freePort(), lifetime: .seconds(600))
        records.closeAbandoned(at: now) { _ in nil }
        #expect(records.abandoned().count == 1)
    }

    @Test("a port of ours is free, taken, or elsewhere", arguments: [TransportProtocol.udp, .tcp])
    func ports(_ transport: TransportProtocol) throws {
        var port: TakenPort? = try TakenPort(transport)
        let taken = try #require(port?.address)
        #expect(OwnPort(taken, transport) == .taken)
        port = nil
        #expect(OwnPort(taken, transport) == .free)
        #expect(OwnPort(address("192.0.2.1:5000"), transport) == .elsewhere)
        #expect(OwnPort(address("[2001:db8::1]:5000"), transport) == .elsewhere)
    }
}

/// A port of loopback that is in use as long as this lives.
private final class TakenPort {
    private let bound: BoundSocket
    var address: TransportAddress { bound.address }

    init(_ transport: TransportProtocol = .udp) throws { bound = try BoundSocket(transport) }

    deinit { close(bound.descriptor) }
}
