@testable import RelayService
import Testing

@Suite("Open files")
struct OpenFilesTests {
    @Test(
        "TURN's files are set aside, and clients' connections have the rest, half of all at least",
        arguments: [
            (65_536, 60, 8000, 12_000), (22_428, 60, 8000, 12_000), (22_427, 60, 8000, 11_999), (21_000, 60, 8000, 10_572),
            (20_000, 60, 8000, 10_000), (20_000, 60, 4000, 12_000), (4096, 60, 8000, 2048), (1024, 60, 0, 512),
            (0, 60, 8000, 12_000), (Int.max, 60, 8000, 12_000),
        ])
    func share(_ limit: Int, _ open: Int, _ allocations: Int, _ connections: Int) {
        #expect(OpenFiles.connections(limit: limit, open: open, allocations: allocations) == connections)
    }

    @Test("the bound is raised to what the system allows, and stays there")
    func raise() {
        let limit = OpenFiles.raiseLimit()
        #expect(limit > 0 && ProcessReport.now().maximumFiles == limit && OpenFiles.raiseLimit() == limit)
    }
}
