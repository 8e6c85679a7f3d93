import Glibc
@testable import RelayService
import Testing

@Suite("DescriptorTable")
struct DescriptorTableTests {
    /// How many files the kernel has room for.
    private static func room() throws -> Int {
        let status = try #require(fopen("/proc/self/status", "r"))
        defer { fclose(status) }
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), status) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix("FDSize:") else { continue }
            return try #require(Int(text.dropFirst("FDSize:".count).filter(\.isNumber)))
        }
        throw SocketClient.NoEvent()
    }

    @Test("there is room for as many as were asked for")
    func reserves() throws {
        let before = try Self.room()
        DescriptorTable.reserve(2 * before, beside: STDIN_FILENO)
        // A process that may not have as many open gets what it may have.
        #expect(try Self.room() >= min(2 * before, Int(clamping: sysconf(Int32(_SC_OPEN_MAX)))))
    }
}
