package import Foundation
import Glibc

/// The mappings of programs that run, or that have died, each in a file of its own which its program holds a lock on. What
/// nobody holds is closed by the next program.
public struct MappingRecords: Sendable {
    /// More than this are not kept, the oldest go: each session leaves as many as it has addresses, if it leaves any.
    package static let limit = 64

    private let folder: String

    /// `~/.local/state/ra-connect/mappings`, or where `$XDG_STATE_HOME` says.
    public init() {
        let environment = ProcessInfo.processInfo.environment
        let named = environment["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        self.init(folder: (named ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.local/state") + "/ra-connect/mappings")
    }

    package init(folder: String) { self.folder = folder }

    /// Writes one down; nil when that is impossible, then a crash leaves the port open until its time is over.
    package func write(_ record: MappingRecord) -> Entry? {
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // Who cleans up just now may take the new file for a dead program's, until it is locked and has its name.
        for _ in 0..<3 {
            if let entry = Entry(writing: record, in: folder) { return entry }
        }
        return nil
    }

    /// Closes what dead programs left open, on a thread of its own: nobody waits for it. What cannot be closed now, as its
    /// router is not there, is left to the next start.
    public func closeAbandoned() {
        Thread.detachNewThread { [self] in closeAbandoned(at: Date()) { $0.gateway } }
    }

    /// - Parameter gateway: makes the one that can close a mapping.
    package func closeAbandoned(at now: Date, by gateway: (AbandonedMapping) -> (any Gateway)?) {
        for entry in abandoned() {
            let mapping = AbandonedMapping(entry.record)
            if mapping?.close(by: mapping.flatMap(gateway), at: now) ?? true { entry.remove() }
        }
    }

    /// Takes over what dead programs have left: the newest, and as many as are kept. The others go.
    package func abandoned() -> [Entry] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        // What was never given its name was never asked for.
        for name in names where name.hasSuffix(Entry.nascent) { Entry(takingOver: "\(folder)/\(name)")?.remove() }
        let entries = names.filter { $0.hasSuffix(Entry.complete) }.map { "\(folder)/\($0)" }
            .sorted { Self.modified($0) > Self.modified($1) }.compactMap { Entry(takingOver: $0) }
        for entry in entries.dropFirst(Self.limit) { entry.remove() }
        return Array(entries.prefix(Self.limit))
    }

    private static func modified(_ path: String) -> Date {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.modificationDate] as? Date ?? .distantPast
    }
}
