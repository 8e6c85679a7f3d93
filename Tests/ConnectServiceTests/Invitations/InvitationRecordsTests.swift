@testable import ConnectService
import Foundation
@testable import Rendezvous
import Testing

@Suite("What is written down of invitations")
struct InvitationRecordsTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "invitations-\(UUID().uuidString)/state/invitations").path
    private var records: InvitationRecords { InvitationRecords(folder: folder) }
    private static let now = UnixTime(seconds: 1_795_000_000)

    private func record(_ lookup: String = "ABC123", made: Int = 0, expires: Int = 3600) throws -> InvitationRecord {
        var random = SystemRandomNumberGenerator()
        let invitation = OwnedInvitation(
            lookup: try #require(Lookup(lookup)), owner: .random(count: 16, using: &random),
            expires: Self.now.advanced(bySeconds: expires), uses: 1, ceiling: .view, using: &random)
        return InvitationRecord(
            invitation, at: try #require(RelayURL("https://relay.example.org")), made: Self.now.advanced(bySeconds: made))
    }

    private var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }

    @Test("what was written is read, is its owner's alone, and holds no secret of the code")
    func writeAndRead() throws {
        #expect(records.all(at: Self.now).isEmpty)
        let record = try record()
        let held = try records.hold(record)
        let found = try #require(records.all(at: Self.now).first)
        #expect(found.record == record && found.isHeld)
        #expect(found.record.ownership.exposedToken == record.ownership.exposedToken)
        let file = try #require(files.first)
        #expect(try FileManager.default.attributesOfItem(atPath: folder + "/" + file)[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int == 0o700)
        let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
        #expect(text.contains(record.ownership.exposedToken) && text.hasSuffix("}\n"))
        #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String] != nil)
        #expect(!"\(found)".contains(record.ownership.exposedToken), "what is printed is redacted")
        held.remove()
        #expect(files.isEmpty && records.all(at: Self.now).isEmpty)
    }

    @Test("what a program that was killed has left is told apart, and goes a day after its end")
    func abandoned() throws {
        do { _ = try records.hold(try record(expires: 60)) }  // its lock goes with it
        let living = try records.hold(try record("XYZ789", made: 5, expires: 60))
        func seen(after seconds: Int) -> [String] {
            records.all(at: Self.now.advanced(bySeconds: seconds)).map { "\($0.record.id) \($0.isHeld)" }
        }
        #expect(seen(after: 0) == ["ABC123 false", "XYZ789 true"])
        #expect(seen(after: 60 + 86_399) == ["ABC123 false", "XYZ789 true"])
        #expect(seen(after: 60 + 86_400) == ["XYZ789 true"])
        #expect(files.count == 1)
        living.remove()
    }

    @Test("one that is written anew is there at every moment, and once")
    func anew() throws {
        var record = try record()
        let first = try records.hold(record)
        record.expires = record.expires.advanced(bySeconds: 60)
        let second = try records.hold(record)
        #expect(records.all(at: Self.now).map(\.record) == [record])
        first.remove()
        #expect(records.all(at: Self.now).map(\.record) == [record])
        second.remove()
    }

    @Test("only what no program holds can be forgotten by another one")
    func forget() throws {
        let held = try records.hold(try record())
        do { _ = try records.hold(try record("XYZ789")) }
        for found in records.all(at: Self.now) { records.remove(found) }
        #expect(records.all(at: Self.now).map(\.record.id) == ["ABC123"])
        held.remove()
    }

    @Test("what makes no sense is removed, what is being written is left, what is no file of ours is not touched", arguments: [
        "", "{}", "null", "[1]", #"{"relay":"x","id":"ABC123","owner":"0","ceiling":"view","made":"","expires":""}"#,
        #"{"relay":"https://a","id":"ABC123","owner":"0123456789ABCDEFGHJKMNPQR0","ceiling":"all","made":"2026-11-21T08:30:00Z","expires":"2026-11-21T08:30:00Z"}"#,
        String(repeating: "[", count: 100_000),
    ])
    func nonsense(_ text: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["a.json", "b.new", "c.txt"] { try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name)) }
        #expect(records.all(at: Self.now).isEmpty)
        #expect(Set(files) == ["b.new", "c.txt"])
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -61)], ofItemAtPath: folder + "/b.new")
        #expect(records.all(at: Self.now).isEmpty)
        #expect(files == ["c.txt"])
    }

    @Test("no more are read than there is a use for, and the newest count")
    func bounded() throws {
        var held: [InvitationRecords.Held] = []
        for number in 0..<(InvitationRecords.limit + 3) {
            held.append(try records.hold(try record("ABC" + String(100 + number), made: number)))
        }
        #expect(records.all(at: Self.now).count == InvitationRecords.limit)
        for held in held { held.remove() }
        #expect(files.isEmpty)
    }
}
