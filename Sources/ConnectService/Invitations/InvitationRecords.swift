import Foundation
import Glibc
import Rendezvous

/// The invitations that this person's programs wait under, each in a file of its own, on which its program holds a lock: what
/// nobody holds is that of a program which was killed.
public struct InvitationRecords: Sendable {
    /// More are not read; the newest count.
    static let limit = 64
    /// Seconds for which what a killed program has left is kept after its end, for who asks what has become of it.
    static let remembrance = 86_400
    private static let maximumBytes = 4096
    /// How the names of files end that are written, and that are being written.
    private static let complete = ".json"
    private static let nascent = ".new"

    private let folder: String

    /// `invitations` in the state directory.
    public init() { self.init(folder: StateDirectory.path() + "/invitations") }

    init(folder: String) { self.folder = folder }

    /// One that is written down for as long as it is held, and longer where its program is killed.
    final class Held {
        private let path: String
        private let handle: FileHandle
        let record: InvitationRecord

        /// It is written and locked under another name: under its own, nobody ever sees it half written or unlocked while its
        /// program lives.
        fileprivate init(writing record: InvitationRecord, in folder: String) throws {
            let name = "\(folder)/\(UUID().uuidString)"
            path = name + InvitationRecords.complete
            self.record = record
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let line = try encoder.encode(record) + Data("\n".utf8)
            let descriptor = open(name + InvitationRecords.nascent, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw POSIXError.latest }
            handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            do {
                guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw POSIXError.latest }
                try handle.write(contentsOf: line)
                guard rename(name + InvitationRecords.nascent, path) == 0 else { throw POSIXError.latest }
            } catch {
                unlink(name + InvitationRecords.nascent)
                throw error
            }
        }

        func remove() { unlink(path) }
    }

    /// One that was found.
    struct Found {
        var record: InvitationRecord
        /// Whether its program lives.
        var isHeld: Bool
        fileprivate var path: String
    }

    func hold(_ record: InvitationRecord) throws -> Held {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        _ = all(at: record.made)  // what killed programs have left goes here too, for whoever never asks
        return try Held(writing: record, in: folder)
    }

    /// Each once, the oldest first. What a killed program has left goes a day after its end.
    func all(at now: UnixTime) -> [Found] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasSuffix(Self.nascent) { sweep("\(folder)/\(name)") }
        let files = names.filter { $0.hasSuffix(Self.complete) }.map { "\(folder)/\($0)" }
            .sorted { Self.modified($0) > Self.modified($1) }.prefix(Self.limit)
        var found: [InvitationOwnership: Found] = [:]
        for path in files {
            guard let next = find(path) else { continue }
            if !next.isHeld, next.record.expires.advanced(bySeconds: Self.remembrance) <= now {
                unlink(path)
            } else if found[next.record.ownership].map({ !$0.isHeld && next.isHeld }) ?? true {
                // While it is written anew there are two, the newer of which comes first.
                found[next.record.ownership] = next
            }
        }
        return found.values.sorted { ($0.record.made, $0.record.id) < ($1.record.made, $1.record.id) }
    }

    /// Forgets one whose program is dead.
    func remove(_ found: Found) {
        if !found.isHeld { unlink(found.path) }
    }

    /// Nil when it cannot be read, or is not there any more; what makes no sense is removed.
    private func find(_ path: String) -> Found? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let isHeld = flock(descriptor, LOCK_SH | LOCK_NB) != 0
        // Whoever held it a moment ago may have removed it since; no name is used twice.
        guard access(path, F_OK) == 0, let bytes = try? handle.read(upToCount: Self.maximumBytes) ?? Data() else { return nil }
        guard let record = try? JSONDecoder().decode(InvitationRecord.self, from: bytes) else {
            if !isHeld { unlink(path) }
            return nil
        }
        return Found(record: record, isHeld: isHeld, path: path)
    }

    /// What was never given its name, by a program that is dead.
    private func sweep(_ path: String) {
        // One that is written just now has no lock for a moment.
        guard Self.modified(path).timeIntervalSinceNow < -60 else { return }
        unlink(path)
    }

    private static func modified(_ path: String) -> Date {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.modificationDate] as? Date ?? .distantPast
    }
}
