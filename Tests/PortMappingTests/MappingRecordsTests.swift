import Foundation
import NetPrimitives
import PortMapping
import Synchronization
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
                lifetime: lifetime, router: "192.168.1.1"), secret: secret, description: "Remote assistance", now: now)
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
        for entry in found { entry.remove() }
        #expect(files.isEmpty)
    }

    @Test("nonsense is thrown away, and so is what is too much, the oldest first")
    func nonsense() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("{}".utf8).write(to: URL(filePath: "\(folder)/a.json"))
        try Data(repeating: 0x7B, count: 10000).write(to: URL(filePath: "\(folder)/b.json"))
        // A program died before it gave the file its name: it has asked for nothing.
        try JSONEncoder().encode(record()).write(to: URL(filePath: "\(folder)/c.new"))
        #expect(MappingRecords(folder: folder).abandoned().isEmpty)
        #expect(files.isEmpty)
        var known: Set<String> = []
        for number in 0..<MappingRecords.limit + 3 {
            _ = MappingRecords(folder: folder).write(record(lifetime: .seconds(number)))
            let newest = try #require(Set(files).subtracting(known).first)
            known.insert(newest)
            try FileManager.default.setAttributes(
                [.modificationDate: now + TimeInterval(number)], ofItemAtPath: "\(folder)/\(newest)")
        }
        let found = MappingRecords(folder: folder).abandoned()
        #expect(found.count == MappingRecords.limit)
        #expect(found.allSatisfy { $0.record.expires ?? 0 >= Int64(now.timeIntervalSince1970) + 3 })
        #expect(files.count == MappingRecords.limit)
    }

    @Test("who cleans up takes nothing away from a program that lives")
    func whileOthersCleanUp() async {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let records = MappingRecords(folder: folder)
        let cleaning = Task.detached {
            while !Task.isCancelled {
                for entry in records.abandoned() { entry.remove() }
            }
        }
        var living: [MappingRecords.Entry] = []
        for _ in 0..<300 { if let entry = records.write(record()) { living.append(entry) } }
        cleaning.cancel()
        await cleaning.value
        #expect(files.count == living.count)
        #expect(living.count > 250, "it is tried more than once")
    }

    @Test("names the gateway that can close the mapping; none when it makes no sense")
    func gateways() throws {
        let mapping = try #require(AbandonedMapping(record()))
        #expect(mapping.gateway?.method == .pcp)
        #expect(mapping.gateway?.secret == Array(1...12))
        #expect(mapping.request.internalAddress == address("192.168.1.10:5000"))
        #expect(mapping.request.description == "Remote assistance")
        #expect(mapping.externalPort == 6000)
        #expect(AbandonedMapping(record(.natPMP, secret: nil))?.gateway?.method == .natPMP)
        #expect(AbandonedMapping(record(.upnp, lifetime: nil, secret: nil))?.gateway?.method == .upnp)
        #expect(AbandonedMapping(record(secret: nil))?.gateway == nil)
        #expect(AbandonedMapping(record(secret: [1]))?.gateway == nil)
        var hole = record(.upnp, secret: [0, 42])
        hole.internal = "[2001:db8::10]:5000"
        #expect(AbandonedMapping(hole)?.gateway?.secret == [0, 42])
        hole.secret = nil
        #expect(AbandonedMapping(hole)?.gateway == nil)
        var strange = record()
        strange.internal = "somewhere"
        #expect(AbandonedMapping(strange) == nil)
        strange = record()
        strange.method = "magic"
        #expect(AbandonedMapping(strange) == nil)
    }
}
