import Foundation
import NetPrimitives
import PortMapping
import Testing

@Suite("The routers' clock")
struct RouterClockTests {
    /// proc_uptime(5): seconds since the machine was started, those of suspensions included.
    private func uptime() throws -> Duration {
        let text = try String(contentsOfFile: "/proc/uptime", encoding: .utf8)
        let seconds = try #require(text.split(separator: " ").first.flatMap { Double($0) })
        return .seconds(seconds)
    }

    @Test("goes on while the machine is suspended")
    func suspension() throws {
        let before = try uptime()
        let now = RouterClock.now() - Instant.zero
        let after = try uptime()
        // The kernel tells hundredths of a second.
        #expect(now >= before - .milliseconds(10))
        #expect(now <= after + .milliseconds(10))
    }

    @Test("a machine that was suspended for a day shows it", .enabled(if: Self.canShiftTime))
    func day() throws {
        let (status, text) = try Self.shifted(
            [CommandLine.arguments[0], "--testing-library", "swift-testing", "--filter", "RouterClockTests.suspension"])
        #expect(status == 0, "\(text)")
        #expect(text.contains("1 test "), "\(text)")
    }

    /// Runs a program in a time namespace whose CLOCK_BOOTTIME is a day ahead (time_namespaces(7)).
    private static func shifted(_ command: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments = ["--user", "--map-root-user", "--time", "--boottime", "86400", "--fork"] + command
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let text = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }

    private static let canShiftTime = (try? shifted(["/bin/true"]))?.status == 0
}
