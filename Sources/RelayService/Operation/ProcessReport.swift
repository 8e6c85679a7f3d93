import CLinuxNet
import Foundation
import Glibc

/// What the kernel says of this process; zeros where it says nothing.
struct ProcessReport: Hashable, Sendable {
    /// Seconds, user and system together.
    var cpuSeconds = 0.0
    var residentBytes = 0
    var virtualBytes = 0
    var openFiles = 0
    var maximumFiles = 0
    var threads = 0

    init() {}

    static func now() -> ProcessReport {
        var report = ProcessReport()
        report.cpuSeconds = ra_process_cpu_seconds()
        report.maximumFiles = Int(clamping: ra_file_limit())
        report.readStat((try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8)) ?? "", pageSize: sysconf(Int32(_SC_PAGESIZE)))
        // The listing has a descriptor of its own.
        report.openFiles = max(0, ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0) - 1)
        return report
    }

    /// proc(5), `/proc/pid/stat`: field 20 threads, 23 virtual bytes, 24 resident pages. The name in field 2 may hold
    /// blanks and brackets, so that what follows is counted from the last bracket.
    mutating func readStat(_ text: String, pageSize: Int) {
        guard let bracket = text.lastIndex(of: ")") else { return }
        let fields = text[text.index(after: bracket)...].split { $0 == " " || $0 == "\n" }
        func field(_ number: Int) -> Int { fields.indices.contains(number - 3) ? Int(fields[number - 3]) ?? 0 : 0 }
        threads = field(20)
        virtualBytes = field(23)
        residentBytes = field(24) &* pageSize
    }
}
