@testable import ConnectService
import Foundation
import Session
import Testing

@Suite("files over a session", .serialized, .timeLimit(.minutes(5)))
struct FileServiceTests {
    /// Two connected sides, each with a folder.
    private final class Sides: @unchecked Sendable {
        let pair: SessionPair
        let folder = FileManager.default.temporaryDirectory.appending(path: "transfers-\(UUID().uuidString)").path
        var services: [FileService] = []

        init(sharer: SideRules = SideRules(files: .both), helper: SideRules = SideRules(files: .both)) async throws {
            pair = try await SessionPair(sharer: sharer, helper: helper)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try await pair.onLoop { [self] pair in
                for end in [pair.sharer!, pair.helper!] {
                    let service = FileService(
                        driver: end.driver, folder: "\(folder)/\(end.driver.role)", printer: end.driver.printer, loop: pair.loop)
                    service.onTold = { [unowned pair] line in
                        end.told.append(line)
                        pair.check()
                    }
                    end.driver.offer(service)
                    services.append(service)
                }
            }
            try await pair.connect()
        }

        func write(_ bytes: Data, as name: String) -> String {
            _ = FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: bytes)
            return "\(folder)/\(name)"
        }

        /// A large file, in no time.
        func make(_ bytes: UInt64, as name: String) throws -> String {
            let path = write(Data(), as: name)
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.truncate(atOffset: bytes)
            try handle.close()
            return path
        }

        /// What is in the folder for files that come.
        func received(_ role: Session.Role) -> [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(role)"))?.sorted() ?? []
        }

        func answer(_ role: Session.Role, _ line: String) async throws {
            await pair.until { pair in
                pair.end(role).driver.machine?.nextDeadline != nil
                    && pair.end(role).events.contains { if case .sideRequest = $0 { true } else { false } }
            }
            try await pair.onLoop { $0.end(role).driver.perform(line: line) }
        }

        /// Waits for a state of a file at one side.
        func wait(_ role: Session.Role, _ state: SessionEventLine.FileState, count: Int = 1) async {
            await pair.until { $0.end(role).told.count { $0.fileState == state } >= count }
        }
    }

    /// Bytes that tell their place, more or less.
    private static func bytes(_ count: Int) -> Data {
        let block = Data((0..<9973).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 9) })
        var data = Data(capacity: count + block.count)
        while data.count < count { data.append(block) }
        return data.prefix(count)
    }

    @Test("go to whoever says yes, whole, in both directions", arguments: Role.allCases)
    func whole(from role: Session.Role) async throws {
        let other: Session.Role = role == .sharer ? .helper : .sharer
        let sides = try await Sides()
        let content = Self.bytes(3_000_001)
        let path = sides.write(content, as: "picture.png")
        try await sides.pair.onLoop { $0.end(role).driver.perform(line: "send \(path)") }
        try await sides.answer(other, "yes")
        await sides.wait(role, .done)
        await sides.wait(other, .done)
        #expect(sides.received(other) == ["picture.png"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(sides.folder)/\(other)/picture.png")) == content)
        // Nothing is held on either side, and the next one can go.
        #expect(try await sides.pair.onLoop { $0.sharer.driver.machine?.lent.isEmpty == true && $0.helper.driver.machine?.lent.isEmpty == true })
        #expect(try await sides.pair.onLoop { _ in sides.services.allSatisfy { $0.outgoing.isEmpty && $0.incoming.isEmpty } })
        try await sides.pair.onLoop { $0.end(role).driver.perform(line: "send \(path)") }
        try await sides.answer(other, "yes")
        await sides.wait(other, .done, count: 2)
        await sides.wait(role, .done, count: 2)
        #expect(sides.received(other) == ["picture (2).png", "picture.png"])
        try await sides.pair.close()
    }

    @Test("several at once, an empty one among them")
    func several() async throws {
        let sides = try await Sides()
        for (name, size) in [("a", 700_000), ("b", 0), ("c", 1_500_000)] {
            let path = sides.write(Self.bytes(size), as: name)
            try await sides.pair.onLoop { $0.helper.driver.perform(line: "send \(path)") }
        }
        await sides.pair.until { pair in pair.sharer.events.count { if case .sideRequest = $0 { true } else { false } } == 3 }
        for _ in 0..<3 { try await sides.pair.onLoop { $0.sharer.driver.perform(line: "yes") } }
        await sides.wait(.sharer, .done, count: 3)
        for (name, size) in [("a", 700_000), ("b", 0), ("c", 1_500_000)] {
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(sides.folder)/sharer/\(name)")) == Self.bytes(size))
        }
        try await sides.pair.close()
    }

    @Test("that are not wanted stay where they are")
    func refused() async throws {
        let sides = try await Sides()
        let path = sides.write(Self.bytes(10), as: "a")
        try await sides.pair.onLoop { $0.helper.driver.perform(line: "send \(path)") }
        try await sides.answer(.sharer, "no")
        await sides.wait(.helper, .refused)
        #expect(sides.received(.sharer).isEmpty)
        try await sides.pair.close()
    }

    @Test("that a policy forbids are not even asked for", arguments: Role.allCases)
    func forbidden(at role: Session.Role) async throws {
        let sides = try await Sides(
            sharer: SideRules(files: role == .sharer ? .send : .both), helper: SideRules(files: role == .helper ? .receive : .both))
        let path = sides.write(Self.bytes(10), as: "a")
        try await sides.pair.onLoop { $0.helper.driver.perform(line: "send \(path)") }
        try await sides.pair.onLoop { _ in for service in sides.services { service.disk.sync {} } }
        try await sides.pair.onLoop { pair in
            _ = #expect(throws: role == .sharer ? CommandRefusal.notAllowedThere(.file) : .notAllowed(.file)) {
                try pair.helper.driver.ask(for: .file(name: "a", bytes: 10))
            }
        }
        #expect(try await sides.pair.onLoop { pair in !pair.sharer.events.contains { if case .sideRequest = $0 { true } else { false } } })
        try await sides.pair.close()
    }

    @Test("are ended by either side in the middle, and nothing of them is left", arguments: Role.allCases, ["revoke file", "stop"])
    func ended(by role: Session.Role, line: String) async throws {
        let sides = try await Sides()
        let path = try sides.make(500_000_000, as: "large")
        try await sides.pair.onLoop { $0.helper.driver.perform(line: "send \(path)") }
        try await sides.answer(.sharer, "yes")
        await sides.pair.until { _ in sides.services.contains { $0.incoming.values.contains { $0.written > 1_000_000 } } }
        try await sides.pair.onLoop { $0.end(role).driver.perform(line: line) }
        await sides.wait(.sharer, .failed)
        await sides.wait(.helper, .failed)
        for service in sides.services { service.disk.sync {} }
        #expect(sides.received(.sharer).isEmpty)
        try await sides.pair.close()
    }

    @Test("that change while they are sent are not kept")
    func changed() async throws {
        let sides = try await Sides()
        let path = try sides.make(200_000_000, as: "growing")
        try await sides.pair.onLoop { $0.helper.driver.perform(line: "send \(path)") }
        try await sides.answer(.sharer, "yes")
        await sides.pair.until { _ in sides.services.contains { $0.incoming.values.contains { $0.written > 100_000 } } }
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: 200_000)
        try handle.close()
        await sides.wait(.sharer, .failed)
        let told = try await sides.pair.onLoop { $0.sharer.told.last?.fileDetail }
        #expect(told == FileFailure.changed.description)
        for service in sides.services { service.disk.sync {} }
        #expect(sides.received(.sharer).isEmpty)
        try await sides.pair.close()
    }

    @Test("that cannot be kept are told to both")
    func unwritable() async throws {
        let sides = try await Sides()
        // Where the folder should be is a file.
        _ = sides.write(Data(), as: "sharer")
        let path = sides.write(Self.bytes(10), as: "a")
        try await sides.pair.onLoop { $0.helper.driver.perform(line: "send \(path)") }
        try await sides.answer(.sharer, "yes")
        await sides.wait(.helper, .failed)
        #expect(try await sides.pair.onLoop { $0.helper.told.last?.fileDetail } == FileFailure.unwritable.description)
        try await sides.pair.close()
    }
}

extension SessionEventLine {
    fileprivate var fileState: FileState? { if case .file(_, _, _, _, let state, _) = self { state } else { nil } }
    fileprivate var fileDetail: String? { if case .file(_, _, _, _, _, let detail) = self { detail } else { nil } }
}
