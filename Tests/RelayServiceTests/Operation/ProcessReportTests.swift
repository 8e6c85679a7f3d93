@testable import RelayService
import Testing

@Suite("What the kernel says of a process")
struct ProcessReportTests {
    @Test("fields are counted from behind the name, whatever is in it")
    func stat() {
        var report = ProcessReport()
        let rest = (3...52).map { $0 == 3 ? "S" : "\($0)" }.joined(separator: " ")
        report.readStat("17 (a) b (c d) \(rest)\n", pageSize: 4096)
        #expect((report.threads, report.virtualBytes, report.residentBytes) == (20, 23, 24 * 4096))
    }

    @Test("nonsense is zeros", arguments: ["", "17", "17 (x)", "17 (x) S 1 2"])
    func nonsense(_ text: String) {
        var report = ProcessReport()
        report.readStat(text, pageSize: 4096)
        #expect(report == ProcessReport())
    }

    @Test("this process has memory, files and a thread")
    func now() {
        let report = ProcessReport.now()
        #expect(report.residentBytes > 0 && report.openFiles > 2 && report.openFiles < report.maximumFiles && report.threads > 0)
    }
}
