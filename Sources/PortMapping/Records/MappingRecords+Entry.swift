import CLinuxNet
import Foundation
import Glibc

extension MappingRecords {
    /// One mapping's file, locked for as long as its program lives.
    package final class Entry: Sendable {
        /// How the names of files end that are written, and that are being written.
        static let complete = ".json"
        static let nascent = ".new"
        private static let maximumBytes = 4096

        package let record: MappingRecord
        private let path: String
        private let descriptor: Int32

        /// A new one; nil when it cannot be written, or when somebody took it away before it was locked.
        ///
        /// It is written and locked under another name: under its own, nobody ever sees it half written or unlocked while
        /// its program lives.
        init?(writing record: MappingRecord, in folder: String) {
            let name = "\(folder)/\(UUID().uuidString)"
            path = name + Self.complete
            self.record = record
            guard let bytes = try? JSONEncoder().encode(record), bytes.count <= Self.maximumBytes else { return nil }
            descriptor = open(name + Self.nascent, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return nil }
            guard bytes.withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) == bytes.count,
                ra_lock_file(descriptor) == 0, rename(name + Self.nascent, path) == 0
            else {
                unlink(name + Self.nascent)  // and `deinit` closes it
                return nil
            }
        }

        /// One that no living program holds; nil when one does. What cannot be read is removed.
        init?(takingOver path: String) {
            self.path = path
            descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { return nil }
            // Whoever held it a moment ago may have removed it since; no name is used twice.
            guard ra_lock_file(descriptor) == 0, access(path, F_OK) == 0 else {
                close(descriptor)
                return nil
            }
            var bytes = [UInt8](repeating: 0, count: Self.maximumBytes)
            let count = max(pread(descriptor, &bytes, bytes.count, 0), 0)
            guard let record = try? JSONDecoder().decode(MappingRecord.self, from: Data(bytes.prefix(count))) else {
                unlink(path)
                close(descriptor)
                return nil
            }
            self.record = record
        }

        deinit { close(descriptor) }

        /// The mapping is closed: there is nothing to do for anybody.
        package func remove() { unlink(path) }
    }
}
