import Foundation
import NetPrimitives
import PortMapping
import Testing

@Suite("What is written down of mappings")
struct MappingRecordsTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    private let now = Date(timeIntervalSince1970: 1_795_000_000)

    private func record(_ method: MappingMethod = .pcp, lifetime: Duration? = .seconds(600), secret: [UInt8]? = Array(1...12))
        -> MappingRecord
    {
        MappingRecord(
            Mapping(
                method: method, external: address("11.22.33.21:6000"), internal: address("192.168.1.10:5000"), transport: .udp,
                lifetime: lifetime, router: "192.168.1.1"), secret: secret, now: now)
    }

    private var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }

    @Test("is its owner's alone, and gone when the mapping is closed")
    func life() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let entry = try #require(MappingRecords(folder: folder).write(record()))
        let name = try #require(files.first)
        let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int == 0o700)
        entry.remove()
        #expect(files.isEmpty)
    }

    @Test("is left alone while its program lives, and the next one's to close when it has died")
    func abandoned() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let records = MappingRecords(folder: folder)
        var living = records.write(record())
        #expect(living != nil)
        #expect(records.abandoned().isEmpty)
        living = nil  // as at the end of a process: the file is closed, and not removed
        let found = records.abandoned()
        #expect(found.map(\.record) == [record()])
        #expect(records.abandoned().isEmpty, "it has been taken over")
        for (_, entry) in found { entry.remove() }
        #expect(files.isEmpty)
    }

    @Test("nonsense is thrown away, and too many are not looked at")
    func nonsense() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("{}".utf8).write(to: URL(filePath: "\(folder)/a.json"))
        try Data(repeating: 0x7B, count: 10000).write(to: URL(filePath: "\(folder)/b.json"))
        #expect(MappingRecords(folder: folder).abandoned().isEmpty)
        #expect(files.isEmpty)
        for _ in 0..<MappingRecords.limit + 3 { _ = MappingRecords(folder: folder).write(record()) }
        let found = MappingRecords(folder: folder).abandoned()
        #expect(found.count == MappingRecords.limit)
    }

    @Test("names the gateway that can close the mapping; none when it has run out or makes no sense")
    func gateways() throws {
        let (gateway, request, port) = try #require(record().gateway(now: now))
        #expect(gateway.method == .pcp)
        #expect(gateway.secret == Array(1...12))
        #expect(request.internalAddress == address("192.168.1.10:5000"))
        #expect(port == 6000)
        #expect(record(.natPMP, secret: nil).gateway(now: now)?.gateway.method == .natPMP)
        #expect(record(.upnp, lifetime: nil, secret: nil).gateway(now: now + 1_000_000)?.gateway.method == .upnp)
        #expect(record().gateway(now: now + 601) == nil)
        #expect(record(secret: nil).gateway(now: now) == nil)
        #expect(record(secret: [1]).gateway(now: now) == nil)
        var strange = record()
        strange.internal = "somewhere"
        #expect(strange.gateway(now: now) == nil)
    }
}
