import CLinuxNet
import Foundation
import Glibc
import NetPrimitives

/// The mappings of programs that run, or that have died, each in a file of its own which its program holds a lock on. What
/// nobody holds is closed by the next program.
public struct MappingRecords: Sendable {
    /// More than this are not looked at: each session leaves as many as it has addresses, if it leaves any.
    package static let limit = 64
    private static let maximumBytes = 4096

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
        let path = "\(folder)/\(UUID().uuidString).json"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        guard ra_lock_file(descriptor) == 0, let entry = Entry(path, descriptor, record) else {
            unlink(path)
            Glibc.close(descriptor)
            return nil
        }
        return entry
    }

    /// Takes over what dead programs have left; each entry's file is gone with it.
    package func abandoned() -> [(record: MappingRecord, entry: Entry)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".json") }.prefix(Self.limit).compactMap { name in
            let path = "\(folder)/\(name)"
            let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { return nil }
            guard ra_lock_file(descriptor) == 0 else {
                Glibc.close(descriptor)  // its program lives
                return nil
            }
            var bytes = [UInt8](repeating: 0, count: Self.maximumBytes)
            let count = max(pread(descriptor, &bytes, bytes.count, 0), 0)
            guard let record = try? JSONDecoder().decode(MappingRecord.self, from: Data(bytes.prefix(count))) else {
                unlink(path)
                Glibc.close(descriptor)
                return nil
            }
            return (record, Entry(path: path, descriptor: descriptor))
        }
    }

    /// Closes what dead programs left open, on a thread of its own: nobody waits for it.
    public func closeAbandoned() {
        Thread.detachNewThread { [self] in
            for (record, entry) in abandoned() {
                Self.close(record)
                entry.remove()
            }
        }
    }

    private static func close(_ record: MappingRecord) {
        guard let (gateway, request, externalPort) = record.gateway(now: Date()) else { return }
        // Our port may be another program's by now, and so the mapping. Where nobody can be, the mapping is of no use.
        guard isFree(request) else { return }
        var router = gateway
        do throws(MappingFailure) { try router.find() } catch { return }
        router.release(externalPort: externalPort)
    }

    /// Whether nobody has a port of ours, on an address that is ours still.
    private static func isFree(_ request: MappingRequest) -> Bool {
        ra_port_is_free(ra_address(request.internalAddress), request.transport == .tcp ? 1 : 0) != 0
    }

    /// One mapping's file, locked for as long as its program lives.
    package final class Entry: Sendable {
        private let path: String
        private let descriptor: Int32

        fileprivate init(path: String, descriptor: Int32) {
            self.path = path
            self.descriptor = descriptor
        }

        fileprivate convenience init?(_ path: String, _ descriptor: Int32, _ record: MappingRecord) {
            guard let bytes = try? JSONEncoder().encode(record), bytes.count <= MappingRecords.maximumBytes,
                bytes.withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) == bytes.count
            else { return nil }
            self.init(path: path, descriptor: descriptor)
        }

        deinit { Glibc.close(descriptor) }

        /// The mapping is closed: there is nothing to do for anybody.
        package func remove() { unlink(path) }
    }
}
